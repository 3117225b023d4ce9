#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/steps.hpp>

#include <optional>
#include <utility>

namespace streamx {

/// Gives the last item. Empty if there is none.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue.
/// @completes `void(std::exception_ptr, std::optional<value_type>)` on the handler's associated
///            executor, the stream's by default; never inside this call. After a failure it is the
///            last item before that
/// @errors  what the stream threw; `operation_aborted` when cancelled or the stream destroyed;
///          `errc::operation_in_progress` when another pull is outstanding on a borrowed stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  back (ranges), last (Rx), Sink.lastOption (Akka)
template <class S, class Token>
    requires async_stream_ref<S>
auto async_last(S&& stream, Token&& token) {
    return detail::async_result_of(
        std::forward<S>(stream),
        std::optional<item_t<S>>(),
        [](auto& last, item_t<S>&& item) {
            last.emplace(std::move(item));
            return true;
        },
        std::forward<Token>(token));
}

} // namespace streamx
