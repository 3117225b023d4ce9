#pragma once

#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/experimental/channel_error.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace streamx {

namespace detail {

/// Runs what a raw channel completes there and then, inside the call that completes it: a message
/// is in the channel or in our state and never on its way between them. Only for handlers that do
/// no more than note it and wake a gate (the raw channel may hold its lock meanwhile).
struct at_once_executor {
    at_once_executor require(asio::execution::blocking_t::never_t) const noexcept { return {}; }
    template <class F>
    void execute(F&& f) const {
        std::forward<F>(f)();
    }
    friend bool operator==(at_once_executor, at_once_executor) noexcept = default;
};

/// Thrown by `takes_an_item` out of a raw channel that would have taken one.
struct would_take {
    operator error_code() const { throw *this; }
};

/// Whether `raw.try_send` would take an item now; it is asked with one that cannot be made.
template <class T, class Raw>
bool takes_an_item(Raw& raw) {
    try {
        return raw.try_send(would_take(), T());
    } catch (would_take) {
        return true;
    }
}

/// What a stream over a raw channel shares with the receive that it has parked there.
template <class T, class Raw>
struct raw_receiving : std::enable_shared_from_this<raw_receiving<T, Raw>> {
    struct message {
        error_code ec;
        T item;
    };
    enum class phase : unsigned char { idle, parked, arrived };

    explicit raw_receiving(Raw& r) noexcept : raw(&r) {}

    /// The message that came while this waited.
    message take() {
        message m = *std::exchange(received, std::nullopt);
        now.store(phase::idle, std::memory_order_relaxed);
        return m;
    }

    /// Parks a receive, unless one is parked or has brought something already.
    void listen() {
        switch (now.load(std::memory_order_acquire)) {
        case phase::idle:
            now.store(phase::parked, std::memory_order_relaxed);
            raw->async_receive(receive_op{this->weak_from_this(), cancel.slot()});
            break;
        case phase::parked:
            break;
        case phase::arrived:
            ready.wake();
            break;
        }
    }

    /// Takes the parked receive back. While one is parked the raw channel is alive, for its
    /// destruction completes it.
    void withdraw() noexcept {
        auto parked = phase::parked;
        if (!now.compare_exchange_strong(parked, phase::idle))
            return;
        cancel.emit(asio::cancellation_type::terminal);
        // Boost 1.81 leaves an empty channel, on which nobody waits, refusing all items.
        if (raw->is_open() && raw->capacity() != 0 && !raw->ready() && !takes_an_item<T>(*raw))
            raw->reset();
    }

    struct receive_op {
        using executor_type = at_once_executor;
        using cancellation_slot_type = asio::cancellation_slot;

        executor_type get_executor() const noexcept { return {}; }
        cancellation_slot_type get_cancellation_slot() const noexcept { return slot; }

        void operator()(error_code ec, T item = T()) {
            const auto s = state.lock();
            if (!s)
                return;
            if (ec == asio::experimental::error::channel_cancelled) {
                auto parked = phase::parked; // or else it was withdrawn
                if (s->now.compare_exchange_strong(parked, phase::idle))
                    s->ready.wake(asio::error::operation_aborted);
                return;
            }
            s->received.emplace(ec, std::move(item));
            s->now.store(phase::arrived, std::memory_order_release);
            s->ready.wake();
        }

        std::weak_ptr<raw_receiving> state;
        asio::cancellation_slot slot;
    };

    Raw* raw;
    std::atomic<phase> now = phase::idle;
    std::optional<message> received;
    asio::cancellation_signal cancel;
    gate<std::mutex> ready;
};

/// What a sink over a raw channel shares with the send that it has parked there.
struct raw_sending {
    std::atomic<bool> parked = false;
    gate<std::mutex> room;
};

struct raw_sent {
    using executor_type = at_once_executor;
    executor_type get_executor() const noexcept { return {}; }

    void operator()(error_code ec) const {
        if (const auto s = state.lock()) {
            s->parked.store(false, std::memory_order_release);
            if (ec == asio::experimental::error::channel_cancelled)
                ec = asio::error::operation_aborted; // and the item is gone: whoever waits is told
            else if (ec)
                ec = errc::closed;
            s->room.wake(ec);
        }
    }

    std::weak_ptr<raw_sending> state;
};

} // namespace detail

/// The stream that `from_channel` makes: the items of a raw channel.
template <class T, class Raw>
class [[nodiscard]] from_channel_stream : public stream_interface<from_channel_stream<T, Raw>> {
    using state = detail::raw_receiving<T, Raw>;

public:
    using value_type = T;
    using executor_type = typename Raw::executor_type;

    explicit from_channel_stream(Raw& raw) : raw_(&raw), state_(std::make_shared<state>(raw)) {}
    from_channel_stream(from_channel_stream&&) = default;
    from_channel_stream& operator=(from_channel_stream other) noexcept {
        stream_interface<from_channel_stream>::operator=(other);
        std::swap(raw_, other.raw_);
        state_.swap(other.state_);
        return *this;
    }
    ~from_channel_stream() {
        if (state_)
            state_->withdraw();
    }

    executor_type get_executor() const noexcept { return raw_->get_executor(); }

    poll<T> try_next() {
        using phase = typename state::phase;
        if (!state_)
            return end;
        switch (state_->now.load(std::memory_order_acquire)) {
        case phase::arrived: {
            auto m = state_->take();
            return read(m.ec, std::move(m.item));
        }
        case phase::parked: // the next message is promised to the receive that waits
            return pending;
        case phase::idle:
            break;
        }
        const bool open = raw_->is_open();
        std::optional<poll<T>> got;
        std::exception_ptr failure;
        raw_->try_receive([&](error_code ec, T item = T()) {
            try {
                got.emplace(read(ec, std::move(item)));
            } catch (...) { // not through the raw channel
                failure = std::current_exception();
            }
        });
        if (failure)
            std::rethrow_exception(failure);
        if (got)
            return *std::move(got);
        return open ? poll<T>(pending) : end;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (!self->state_)
                return detail::async_ready(std::move(handler), self->get_executor());
            auto s = self->state_;
            auto ex = detail::executor_for(handler, self->get_executor());
            if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.assign([weak = std::weak_ptr(s)](asio::cancellation_type) {
                    if (auto waiting = weak.lock()) {
                        waiting->withdraw();
                        waiting->ready.abort();
                    }
                });
            s->listen();
            s->ready.park(
                detail::gate_wait_op<Handler, decltype(ex)>(std::move(handler), std::move(ex)));
        }

        from_channel_stream* self;
    };

    static poll<T> read(error_code ec, T&& item) {
        if (!ec)
            return std::move(item);
        if (ec == asio::error::eof || ec == asio::experimental::error::channel_closed)
            return end;
        throw boost::system::system_error(ec, "from_channel");
    }

    Raw* raw_;
    std::shared_ptr<state> state_;
};

/// The sink that `into_channel` makes.
template <class T, class Raw>
class into_channel_sink {
public:
    using value_type = T;
    using executor_type = typename Raw::executor_type;

    explicit into_channel_sink(Raw& raw)
        : raw_(&raw), state_(std::make_shared<detail::raw_sending>()) {}

    executor_type get_executor() const noexcept { return raw_->get_executor(); }

    /// Takes the item and returns true, or leaves it untouched and returns false. When the raw
    /// channel is full it takes one more, which waits there in a send of its own.
    bool try_send(T& item) {
        if (!accepts() || state_->parked.load(std::memory_order_acquire))
            return false;
        if (raw_->try_send(error_code(), std::move(item)))
            return true;
        if (!raw_->is_open())
            return false;
        state_->parked.store(true, std::memory_order_relaxed);
        raw_->async_send(error_code(), std::move(item), detail::raw_sent{state_});
        return true;
    }
    bool try_send(T&& item) { return try_send(item); }

    /// Waits until `try_send` is worth calling again.
    /// @completes `void(error_code)` on the handler's associated executor, the raw channel's by
    ///            default; never inside this call
    /// @errors  `errc::closed`: it never will be; `operation_aborted`: cancelled, or this sink
    ///          destroyed; `errc::operation_in_progress`: another wait is outstanding
    /// @cancels total, partial, terminal; an item that was taken stays in the raw channel
    /// @threads from the raw channel's executor, or any where that is a concurrent one
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

    /// Ends the stream behind the raw channel, after what is in it. Never waits: where there is no
    /// room, the message that says so waits in a send of its own.
    void close() { finish(asio::error::eof); }
    /// The same with a failure, as `to_error_code(failure)`. One of `asio::error::eof` reads as an
    /// end.
    void close(const std::exception_ptr& failure) {
        finish(failure ? to_error_code(failure) : error_code(asio::error::eof));
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            auto s = self->state_ ? self->state_ : std::make_shared<detail::raw_sending>();
            if (!self->accepts())
                s->room.wake(errc::closed);
            else if (!s->parked.load(std::memory_order_acquire))
                s->room.wake();
            auto ex = detail::executor_for(handler, self->get_executor());
            detail::async_wait_on(
                std::shared_ptr<detail::gate<std::mutex>>(s, &s->room), ex, std::move(handler));
        }

        into_channel_sink* self;
    };

    bool accepts() const noexcept { return state_ && !closed_ && raw_->is_open(); }

    void finish(error_code ec) {
        if (!accepts())
            return;
        closed_ = true;
        if (!raw_->try_send(ec, T()))
            raw_->async_send(ec, T(), detail::raw_sent{});
        state_->room.wake(errc::closed);
    }

    Raw* raw_;
    std::shared_ptr<detail::raw_sending> state_;
    bool closed_ = false;
};

/// The items of a user's own `asio::experimental::basic_channel` or `basic_concurrent_channel` of
/// signature `void(error_code, T)`, which must outlive the stream. A message whose `error_code` is
/// `asio::error::eof` is the end, as is a raw channel that is closed (which on Boost 1.81 throws
/// away what is buffered, so rather send that message); any other code is a failure. The stream
/// may share the raw channel with other receivers.
/// @marble  `raw.try_send(error_code(), 1); raw.try_send(asio::error::eof, 0);`  ->  `-1-|`
/// @errors  a `system_error` with the code of a message; a wait completes with `operation_aborted`
///          when the raw channel is cancelled, reset or destroyed
/// @cancels a wait takes no item from the stream; one that has come to it meanwhile is there for
///          the next pull. Such an item is lost only with the stream itself: to stop early without
///          loss, destroy it while nothing waits on it
/// @cost    one allocation; a raw receive for each wait; one item buffered at most
template <template <class, class, class...> class Channel, class Executor, class Traits, class T>
[[nodiscard]] auto from_channel(Channel<Executor, Traits, void(error_code, T)>& raw) {
    return from_channel_stream<T, Channel<Executor, Traits, void(error_code, T)>>(raw);
}

/// A sink into a user's own `asio::experimental::basic_channel` or `basic_concurrent_channel` of
/// signature `void(error_code, T)`, which must outlive the sink. It holds one item more than the
/// raw channel's capacity, in a raw send that waits for room; others may send beside it.
///
/// `close()` sends a message with `asio::error::eof` and never calls the raw channel's own `close`,
/// which on Boost 1.81 throws away what is buffered; call that yourself while the sink's last item
/// waits for room, or destroy the raw channel, and the item is lost. Destroying the sink leaves the
/// raw channel open, with all that it has taken.
template <template <class, class, class...> class Channel, class Executor, class Traits, class T>
[[nodiscard]] auto into_channel(Channel<Executor, Traits, void(error_code, T)>& raw) {
    return into_channel_sink<T, Channel<Executor, Traits, void(error_code, T)>>(raw);
}

} // namespace streamx
