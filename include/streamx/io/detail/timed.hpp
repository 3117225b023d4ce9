#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/any_handler.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <memory>
#include <utility>
#include <variant>

namespace streamx::io::detail {

/// What says stop to a coroutine that makes a connection, unless it is over.
struct timed_stop {
    asio::cancellation_signal signal;
    bool done = false;
};

/// Completes a handler with what a coroutine has come to.
template <class R>
struct timed_done {
    using executor_type = asio::any_io_executor;
    using cancellation_slot_type = asio::cancellation_slot;
    executor_type get_executor() const noexcept { return handler.get_executor(); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return stop->signal.slot(); }

    void operator()(const std::exception_ptr& failure, R result) {
        streamx::detail::clear_slot(handler.get_cancellation_slot());
        handler(to_error_code(failure), std::move(result));
    }

    streamx::detail::any_handler<error_code, R> handler;
    std::shared_ptr<timed_stop> stop;
};

/// A failure as a value: `||` would wait for the other side to succeed.
template <class R>
asio::awaitable<std::pair<std::exception_ptr, R>> caught(asio::awaitable<R> work) {
    std::pair<std::exception_ptr, R> result;
    try {
        result.second = co_await std::move(work);
    } catch (...) {
        result.first = std::current_exception();
    }
    co_return result;
}

/// The same as `work`, which is stopped after so long, and fails with `late` then.
template <class R>
asio::awaitable<R> timed(asio::awaitable<R> work, endpoint_limits::duration limit, errc late) {
    using namespace asio::experimental::awaitable_operators;
    auto first = co_await (caught(std::move(work)) || sleep_for(limit));
    if (first.index() == 1)
        throw boost::system::system_error(late);
    auto& [failure, result] = std::get<0>(first);
    if (failure)
        std::rethrow_exception(failure);
    co_return std::move(result);
}

template <class R>
asio::awaitable<R>
made(asio::awaitable<R> work, endpoint_limits::duration limit, std::shared_ptr<timed_stop> stop) {
    const std::shared_ptr<void> at_end(nullptr, [stop](void*) { stop->done = true; });
    co_return co_await timed(std::move(work), limit, errc::handshake_timeout);
}

/// Runs what makes a connection: for so long, and until the handler's slot says no, in whatever way.
template <class R>
void run_timed(
    const asio::any_io_executor& ex,
    endpoint_limits::duration limit,
    asio::awaitable<R> work,
    streamx::detail::any_handler<error_code, R> handler) {
    const auto stop = std::make_shared<timed_stop>();
    if (auto slot = handler.get_cancellation_slot(); slot.is_connected())
        slot.assign([weak = std::weak_ptr(stop), ex](asio::cancellation_type) {
            // Posted, as Asio 1.81 reaches for a coroutine that is over when it is told from elsewhere.
            asio::post(ex, [weak] {
                if (const auto alive = weak.lock(); alive && !alive->done)
                    alive->signal.emit(asio::cancellation_type::terminal);
            });
        });
    asio::co_spawn(ex, made(std::move(work), limit, stop), timed_done<R>{std::move(handler), stop});
}

} // namespace streamx::io::detail
