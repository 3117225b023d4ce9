#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace streamx::nats::detail {

struct nothing {};

/// What an operation of the compiled part completes: it puts a value there and wakes who waits.
/// Cancelling only ends the wait; what is done for it is done, and its value dropped.
template <class T>
struct answer {
    streamx::detail::gate<std::mutex> arrived;
    T value{};

    void complete(error_code ec) { arrived.wake(ec); }
    void complete(error_code ec, T v) {
        value = std::move(v);
        arrived.wake(ec);
    }
};

template <class T>
using answer_ptr = std::shared_ptr<answer<T>>;

/// Owns the answer that it is parked on.
template <class T, class Handler>
struct answered_op : streamx::detail::bound_handler<Handler, asio::any_io_executor> {
    answered_op(Handler handler, const asio::any_io_executor& ex, answer_ptr<T> a)
        : streamx::detail::bound_handler<Handler, asio::any_io_executor>(std::move(handler), ex),
          own(std::move(a)) {}

    void operator()(error_code ec) {
        if constexpr (std::is_same_v<T, nothing>) {
            own.reset();
            std::move(this->handler())(ec);
        } else {
            T value = ec ? T{} : std::move(own->value);
            own.reset();
            std::move(this->handler())(ec, std::move(value));
        }
    }

    answer_ptr<T> own;
};

template <class T>
struct signature_of {
    using type = void(error_code, T);
};
template <>
struct signature_of<nothing> {
    using type = void(error_code);
};

template <class T, class Start>
struct initiate_answered {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return executor; }

    template <class Handler>
    void operator()(Handler handler) {
        auto a = std::make_shared<answer<T>>();
        streamx::detail::async_wait_on(
            std::shared_ptr<streamx::detail::gate<std::mutex>>(a, &a->arrived),
            executor,
            answered_op<T, Handler>(std::move(handler), executor, a));
        start(std::move(a));
    }

    asio::any_io_executor executor;
    Start start;
};

/// An operation that `start(answer_ptr<T>)` begins: `void(error_code, T)`, or without the `T` if that
/// is `nothing`.
template <class T, class Start, class Token>
auto async_answer(const asio::any_io_executor& ex, Start start, Token&& token) {
    return asio::async_initiate<Token, typename signature_of<T>::type>(
        initiate_answered<T, Start>{ex, std::move(start)}, token);
}

} // namespace streamx::nats::detail
