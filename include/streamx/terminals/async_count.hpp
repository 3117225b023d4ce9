#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/steps.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

/// Counts the items, and drops them.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue.
/// @completes `void(std::exception_ptr, std::size_t)` on the handler's associated executor, the
///            stream's by default; never inside this call. After a failure it is how many came
///            before that
/// @errors  what the stream threw; `operation_aborted` when cancelled or the stream destroyed;
///          `errc::operation_in_progress` when another pull is outstanding on a borrowed stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  count (futures), distance (ranges), count (Rx)
template <class S, class Token>
    requires async_stream_ref<S>
auto async_count(S&& stream, Token&& token) {
    return detail::async_result_of(
        std::forward<S>(stream),
        std::size_t(0),
        [](std::size_t& count, auto&&) {
            ++count;
            return true;
        },
        std::forward<Token>(token));
}

} // namespace streamx
