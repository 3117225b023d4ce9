#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace streamx {

namespace detail {

/// Owns the timer that it is parked on.
template <class Handler, class Executor>
struct sleep_op : bound_handler<Handler, Executor> {
    sleep_op(Handler handler, const Executor& ex, std::shared_ptr<timer> t)
        : bound_handler<Handler, Executor>(std::move(handler), ex), own(std::move(t)) {}

    void operator()(error_code ec) {
        own.reset();
        std::move(this->handler())(ec);
    }

    std::shared_ptr<timer> own;
};

template <class Executor>
struct initiate_sleep {
    template <class Handler>
    void operator()(Handler handler) const {
        auto& context = asio::query(executor, asio::execution::context);
        auto t = std::make_shared<timer>(context);
        const auto until = later(t->now(), length);
        timer::async_wait(
            t, until, executor, sleep_op<Handler, Executor>(std::move(handler), executor, t));
    }

    Executor executor;
    clock::duration length;
};

} // namespace detail

/// Waits for some time by the clock of an executor's context: `clock_service`, so that it takes no
/// time on a `testing::virtual_clock`. A negative `length` is a moment that has passed, and waits no
/// longer than 0 does, as Asio's timers have it: so one may sleep for what is left of something.
/// @completes `void(error_code)` on the handler's associated executor, `ex` by default; never
///            inside this call
/// @errors  `operation_aborted` when cancelled, or the context goes
/// @cancels total, partial, terminal; nothing has happened
/// @threads from any
template <class Executor, class Token>
auto async_sleep_for(const Executor& ex, clock_service::duration length, Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(
        detail::initiate_sleep<Executor>{ex, length}, token);
}

/// The same for coroutines: `co_await sleep_for(1s)`, by the clock of the coroutine's executor.
inline asio::awaitable<void> sleep_for(clock_service::duration length) {
    co_await async_sleep_for(co_await asio::this_coro::executor, length, asio::use_awaitable);
}

} // namespace streamx
