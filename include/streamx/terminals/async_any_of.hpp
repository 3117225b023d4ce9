#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/steps.hpp>

#include <concepts>
#include <utility>

namespace streamx {

/// Says whether a predicate holds for any item, and stops at the first for which it does. It is
/// false where there are none.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue, and what comes after
/// the item that decides is left in it.
/// @completes `void(std::exception_ptr, bool)` on the handler's associated executor, the stream's
///            by default, where the predicate runs too; never inside this call. With a failure the
///            value means nothing
/// @errors  what the stream or the predicate threw; `operation_aborted` when cancelled or the
///          stream destroyed; `errc::operation_in_progress` when another pull is outstanding on a
///          borrowed stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  any (futures), any_of (ranges), any (Rx)
template <class S, class Predicate, class Token>
    requires async_stream_ref<S> &&
             std::predicate<Predicate&, detail::shown_t<Predicate, item_t<S>>>
auto async_any_of(S&& stream, Predicate predicate, Token&& token) {
    return detail::async_verdict(
        std::forward<S>(stream), true, std::move(predicate), std::forward<Token>(token));
}

} // namespace streamx
