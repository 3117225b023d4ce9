#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/steps.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace streamx {

/// Gives the item that `n` others come before, and asks for no other: `n` is 0 for the first. Empty
/// if there are not so many.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue, and what comes after
/// that item is left in it.
/// @completes `void(std::exception_ptr, std::optional<value_type>)` on the handler's associated
///            executor, the stream's by default; never inside this call
/// @errors  what the stream threw; `operation_aborted` when cancelled or the stream destroyed;
///          `errc::operation_in_progress` when another pull is outstanding on a borrowed stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  elementAt (Rx)
template <class S, class Token>
    requires async_stream_ref<S>
auto async_nth(S&& stream, std::size_t n, Token&& token) {
    return detail::async_result_of(
        std::forward<S>(stream),
        std::optional<item_t<S>>(),
        [before = n](auto& nth, item_t<S>&& item) mutable {
            if (before-- != 0)
                return true;
            nth.emplace(std::move(item));
            return false;
        },
        std::forward<Token>(token));
}

} // namespace streamx
