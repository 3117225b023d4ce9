#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/async_mapping.hpp>
#include <streamx/core/detail/awaitable_fn.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/in_flight.hpp>
#include <streamx/core/detail/joined.hpp>
#include <streamx/core/detail/steps.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {

template <class Fn>
struct for_each_step {
    template <class Item>
        requires std::invocable<Fn&, Item>
    bool operator()(Item&& item) {
        std::invoke(fn, std::forward<Item>(item));
        return true;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure));
    }

    [[no_unique_address]] Fn fn;
};

} // namespace detail

/// Calls `fn` with each item, in order.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue. `fn` may be a plain
/// function or one that returns an `asio::awaitable`, which is awaited before the next item is
/// pulled.
/// @completes `void(std::exception_ptr)` on the handler's associated executor, the stream's by
///            default, where `fn` runs too; never inside this call
/// @errors  what the stream or `fn` threw; `operation_aborted` when cancelled or the stream
///          destroyed; `errc::operation_in_progress` when another pull is outstanding on a borrowed
///          stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  for_each (futures), for_each (ranges), subscribe (Rx), Sink.foreach (Akka)
template <class S, class Fn, class Token>
    requires async_stream_ref<S> && std::invocable<Fn&, detail::shown_t<Fn, item_t<S>>>
auto async_for_each(S&& stream, Fn fn, Token&& token) {
    using signature = void(std::exception_ptr);
    using shown = detail::shown_t<Fn, item_t<S>>;
    if constexpr (detail::awaitable_function<Fn, shown>)
        return detail::async_coroutine<signature>(
            std::forward<S>(stream),
            [fn = std::move(fn)](auto& s) mutable -> asio::awaitable<void> {
                while (auto item = co_await s.next()) {
                    co_await std::invoke(fn, detail::show<shown>(*item));
                    detail::settle<shown>(*item);
                }
            },
            std::forward<Token>(token));
    else
        return detail::async_drive<signature>(
            std::forward<S>(stream),
            detail::for_each_step<Fn>{std::move(fn)},
            std::forward<Token>(token));
}

/// Calls an asynchronous function with each item, `n` at once. The stream is given as an rvalue. `fn`
/// is as for `map_async`: `fn(item)` returns an `asio::awaitable`, or `fn(item, token)` takes a
/// completion token; what it makes is dropped. Throws `std::invalid_argument` if `n` is 0.
/// @completes `void(std::exception_ptr)` when all is done, on the handler's associated executor, the
///            stream's by default, where `fn` runs too; never inside this call
/// @errors  what the stream threw, when what was in flight is done; the first failure of `fn`, when
///          all else that was in flight has been cancelled (terminal) and is over;
///          `operation_aborted` when cancelled
/// @cancels total, partial, terminal: nothing more is taken and the stream let go of, what is in flight is
///          cancelled (terminal), and it completes when all of that is over. So nothing runs any more
///          when it has completed, whatever the reason; a call that does not listen to its
///          cancellation is waited for as long as it takes
/// @threads may be called from any thread
template <async_stream S, class Fn, class Token>
    requires(!std::is_reference_v<S>)
auto async_for_each(S&& stream, std::size_t n, Fn fn, Token&& token) {
    detail::checked_size(n, "async_for_each: n must be at least 1");
    using work = detail::async_mapping<item_t<S>, Fn>;
    using state = detail::in_flight<S, work>;
    const auto ex = stream.get_executor();
    return detail::async_drive_joined(
        ex,
        std::make_shared<state>(
            std::move(stream), work{std::move(fn)}, n, detail::made_order::of_completion),
        std::forward<Token>(token));
}

} // namespace streamx
