#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/steps.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

/// Says whether an item equals `value`, and stops at the first that does.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue, and what comes after
/// the item that decides is left in it.
/// @completes `void(std::exception_ptr, bool)` on the handler's associated executor, the stream's
///            by default; never inside this call. With a failure the value means nothing
/// @errors  what the stream or the comparison threw; `operation_aborted` when cancelled or the
///          stream destroyed; `errc::operation_in_progress` when another pull is outstanding on a
///          borrowed stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  contains (ranges), contains (Rx)
template <class S, class Value, class Token>
    requires async_stream_ref<S> &&
             std::predicate<std::equal_to<>&, const detail::carried_t<item_t<S>>&, const Value&>
auto async_contains(S&& stream, Value value, Token&& token) {
    return detail::async_verdict(
        std::forward<S>(stream),
        true,
        [value = std::move(value)](const detail::carried_t<item_t<S>>& item) {
            return item == value;
        },
        std::forward<Token>(token));
}

} // namespace streamx
