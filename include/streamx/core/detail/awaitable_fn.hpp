#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace streamx::detail {

template <class>
inline constexpr bool is_awaitable = false;
template <class T, class Executor>
inline constexpr bool is_awaitable<asio::awaitable<T, Executor>> = true;

/// A user's function that returns an awaitable, to be awaited before the next item is pulled.
template <class Fn, class... Args>
concept awaitable_function =
    std::invocable<Fn&, Args...> && is_awaitable<std::invoke_result_t<Fn&, Args...>>;

template <class S, class Body>
struct initiate_coroutine {
    using result = std::invoke_result_t<Body&, std::remove_reference_t<S>&>;

    template <class Handler>
    void operator()(Handler handler, passed<S> stream, Body body) const {
        auto ex = executor_for(handler, executor_of(stream.get()));
        asio::co_spawn(ex, run(std::move(stream), std::move(body)), std::move(handler));
    }

    static result run(passed<S> passed_stream, Body body) {
        co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
        S stream = passed_stream.get();
        co_return co_await body(stream);
    }
};

/// Runs `body(stream)`, a coroutine, as an operation on the handler's associated executor, the
/// stream's by default: the form a terminal takes when its function is a coroutine.
template <class Signature, class S, class Body, class Token>
auto async_coroutine(S&& stream, Body body, Token&& token) {
    return asio::async_initiate<Token, Signature>(
        initiate_coroutine<S, Body>(), token, passed<S>{std::forward<S>(stream)}, std::move(body));
}

} // namespace streamx::detail
