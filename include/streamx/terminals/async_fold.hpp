#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/awaitable_fn.hpp>
#include <streamx/core/detail/driver.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <utility>

namespace streamx {

namespace detail {

template <class T, class Op>
struct fold_step {
    template <class Item>
        requires std::invocable<Op&, T, Item>
    bool operator()(Item&& item) {
        value = std::invoke(op, std::move(value), std::forward<Item>(item));
        return true;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure), std::move(value));
    }

    T value;
    [[no_unique_address]] Op op;
};

} // namespace detail

/// Combines all items: `value = op(value, item)` for each, from `init`.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue. `op` may be a plain
/// function or one that returns an `asio::awaitable<T>`, which is awaited before the next item is
/// pulled (then `T` must be default constructible).
/// @completes `void(std::exception_ptr, T)` on the handler's associated executor, the stream's by
///            default, where `op` runs too; never inside this call. After a failure of a plain `op`
///            or the stream the value is what had been combined so far
/// @errors  what the stream or `op` threw; `operation_aborted` when cancelled or the stream
///          destroyed; `errc::operation_in_progress` when another pull is outstanding on a borrowed
///          stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  fold (futures), fold_left (ranges), reduce (Rx), Sink.fold (Akka)
template <class S, class T, class Op, class Token>
    requires async_stream_ref<S> && std::invocable<Op&, T, detail::shown_t<Op, item_t<S>, T>>
auto async_fold(S&& stream, T init, Op op, Token&& token) {
    using signature = void(std::exception_ptr, T);
    using shown = detail::shown_t<Op, item_t<S>, T>;
    if constexpr (detail::awaitable_function<Op, T, shown>)
        return detail::async_coroutine<signature>(
            std::forward<S>(stream),
            [value = std::move(init), op = std::move(op)](auto& s) mutable -> asio::awaitable<T> {
                while (auto item = co_await s.next()) {
                    value = co_await std::invoke(op, std::move(value), detail::show<shown>(*item));
                    detail::settle<shown>(*item);
                }
                co_return std::move(value);
            },
            std::forward<Token>(token));
    else
        return detail::async_drive<signature>(
            std::forward<S>(stream),
            detail::fold_step<T, Op>{std::move(init), std::move(op)},
            std::forward<Token>(token));
}

} // namespace streamx
