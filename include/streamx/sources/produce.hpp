#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace streamx {

/// The stream that `produce` makes: what a coroutine sends.
template <class T, class Fn>
class [[nodiscard]] produce_stream : public stream_interface<produce_stream<T, Fn>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    produce_stream(asio::any_io_executor ex, std::size_t capacity, Fn fn)
        : produce_stream(make_channel<T>(ex, capacity), std::move(fn)) {}
    produce_stream(produce_stream&&) = default;
    produce_stream& operator=(produce_stream other) noexcept {
        stream_interface<produce_stream>::operator=(other);
        std::swap(rx_, other.rx_);
        idle_.swap(other.idle_);
        running_.swap(other.running_);
        return *this;
    }
    ~produce_stream() { stop(); }

    executor_type get_executor() const noexcept { return rx_.get_executor(); }

    poll<T> try_next() {
        start();
        return rx_.try_next();
    }

    template <class Token>
    auto async_wait(Token&& token) {
        start();
        return rx_.async_wait(std::forward<Token>(token));
    }

private:
    struct producer {
        Fn fn;
        sender<T> out;
        asio::cancellation_signal cancel;
    };

    produce_stream(channel_ends<T, std::mutex> ends, Fn fn)
        : rx_(std::move(ends.rx)),
          idle_(std::make_unique<producer>(std::move(fn), std::move(ends.tx))) {}

    /// The coroutine starts with the first pull: a stream that nobody asks does nothing.
    void start() {
        if (!idle_)
            return;
        std::shared_ptr<producer> p = std::move(idle_);
        running_ = p;
        asio::co_spawn(
            rx_.get_executor(),
            run(p),
            asio::bind_cancellation_slot(p->cancel.slot(), [p](std::exception_ptr failure) {
                if (failure)
                    p->out.close(failure);
            }));
    }

    static asio::awaitable<void> run(std::shared_ptr<producer> p) {
        co_await std::invoke(p->fn, p->out);
    }

    /// Cancels a coroutine that nobody listens to any more, on its own executor.
    void stop() noexcept {
        if (auto p = running_.lock())
            detail::post_to(rx_.get_executor(), std::allocator<void>(), [p = std::move(p)] {
                p->cancel.emit(asio::cancellation_type::terminal);
            });
    }

    receiver<T> rx_;
    std::unique_ptr<producer> idle_;
    std::weak_ptr<producer> running_;
};

/// The items that a coroutine sends: `fn(out)` is handed a `sender<T>&` and returns an
/// `asio::awaitable<void>`. It runs on `ex`, ahead of the consumer by at most `capacity` items,
/// from the first pull on. Its return ends the stream, what it throws fails it. When the stream is
/// destroyed the coroutine is cancelled (terminal), and what it sends then fails with
/// `errc::closed`.
/// @marble  `produce<int>(ex, 1, f)` with `co_await out.send(1); co_await out.send(2);`  ->
/// `-1-2-|`
/// @errors  what the coroutine throws, after the items that it sent before
/// @cancels a wait takes no item; items sent and not yet taken stay for the next pull
/// @cost    a channel and a coroutine; at most `capacity` items buffered
template <class T, class Fn>
    requires std::invocable<Fn&, sender<T>&>
[[nodiscard]] auto produce(asio::any_io_executor ex, std::size_t capacity, Fn fn) {
    return produce_stream<T, Fn>(std::move(ex), capacity, std::move(fn));
}

namespace detail {
template <class T, class R>
T sent_by(R (*)(sender<T>&));
template <class T, class Fn, class R>
T sent_by(R (Fn::*)(sender<T>&));
template <class T, class Fn, class R>
T sent_by(R (Fn::*)(sender<T>&) const);
} // namespace detail

/// The same where the coroutine's parameter says what it sends: `[](sender<int>& out) ->
/// awaitable<void>`.
template <class Fn>
    requires requires { detail::sent_by(&Fn::operator()); }
[[nodiscard]] auto produce(asio::any_io_executor ex, std::size_t capacity, Fn fn) {
    return produce<decltype(detail::sent_by(&Fn::operator()))>(
        std::move(ex), capacity, std::move(fn));
}

} // namespace streamx
