#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/steps.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace streamx {

/// Gives the smallest item; of several equal ones the first, as `std::ranges::min_element`. Empty
/// if there is none. Items `a` and `b` are compared by `comp(proj(a), proj(b))`, which says whether
/// the first is less.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue.
/// @completes `void(std::exception_ptr, std::optional<value_type>)` on the handler's associated
///            executor, the stream's by default, where `comp` and `proj` run too; never inside this
///            call. After a failure it is the smallest item before that
/// @errors  what the stream, `comp` or `proj` threw; `operation_aborted` when cancelled or the
///          stream destroyed; `errc::operation_in_progress` when another pull is outstanding on a
///          borrowed stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  min (ranges), min (Rx)
template <class S, class Comp, class Proj, class Token>
    requires async_stream_ref<S>
auto async_min(S&& stream, Comp comp, Proj proj, Token&& token) {
    return detail::async_result_of(
        std::forward<S>(stream),
        std::optional<item_t<S>>(),
        [comp = std::move(comp), proj = std::move(proj)](auto& best, item_t<S>&& item) mutable {
            if (!best || std::invoke(comp, std::invoke(proj, item), std::invoke(proj, *best)))
                best.emplace(std::move(item));
            return true;
        },
        std::forward<Token>(token));
}

/// The same of the items themselves.
/// @copydoc async_min
template <class S, class Comp, class Token>
    requires async_stream_ref<S>
auto async_min(S&& stream, Comp comp, Token&& token) {
    return async_min(
        std::forward<S>(stream), std::move(comp), std::identity(), std::forward<Token>(token));
}

/// The same by `<`.
/// @copydoc async_min
template <class S, class Token>
    requires async_stream_ref<S>
auto async_min(S&& stream, Token&& token) {
    return async_min(
        std::forward<S>(stream), std::ranges::less(), std::identity(), std::forward<Token>(token));
}

} // namespace streamx
