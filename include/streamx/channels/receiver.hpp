#pragma once

#include <streamx/channels/channel_stats.hpp>
#include <streamx/channels/detail/endpoint.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

namespace streamx {

namespace detail {

/// Takes what is ready, up to a limit, and stops before an end or a failure that comes after it.
template <class Receiver>
struct receive_many_step {
    using item = item_t<Receiver>;

    bool operator()(item&& i) {
        items.push_back(std::move(i));
        receiver->take_ready(items, limit);
        return false;
    }

    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure), std::move(items));
    }

    Receiver* receiver;
    std::size_t limit;
    std::vector<item> items;
};

} // namespace detail

/// The end of a channel that items come out of: an `async_stream`. Copies are receivers of the same
/// channel and share its items, each of which goes to one of them; a receiver that is the only one
/// takes many under one lock, receivers that share take one at a time and never hoard.
///
/// The stream ends when the channel is closed, or its last sender gone, and it is empty.
/// Thread safety (`receiver`): different copies may be used from different threads, one copy from
/// one thread at a time. A `local_receiver` and its channel never leave one strand.
template <class T, class Lock>
class [[nodiscard]] basic_receiver : public stream_interface<basic_receiver<T, Lock>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    basic_receiver(const basic_receiver& other)
        : stream_interface<basic_receiver>(other),
          end_(other.end_, other.end_ ? other.end_->add_receiver() : 0) {
        other.cursor_.last = other.cursor_.next; // from now on they share
        cursor_.failed = other.cursor_.failed;
    }
    basic_receiver(basic_receiver&& other) noexcept
        : stream_interface<basic_receiver>(std::move(other)), end_(std::move(other.end_)),
          cursor_(std::exchange(other.cursor_, {})) {}
    basic_receiver& operator=(basic_receiver other) noexcept {
        stream_interface<basic_receiver>::operator=(std::move(other));
        std::swap(end_, other.end_);
        std::swap(cursor_, other.cursor_);
        return *this;
    }
    ~basic_receiver() {
        if (end_)
            end_->remove_receiver(end_.id());
    }

    executor_type get_executor() const noexcept { return end_.get_executor(); }

    poll<T> try_next() {
        if (!end_) [[unlikely]]
            return end;
        return end_->try_receive(cursor_);
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        if (!end_) [[unlikely]]
            return detail::halt::end;
        return end_->each_ready(cursor_, take);
    }

    /// `try_next` under the name that channels have for it.
    poll<T> try_receive() { return try_next(); }

    /// Waits until `try_next` is worth calling: there is an item, the end or a failure.
    /// @completes `void(error_code)` on the handler's associated executor, this receiver's by
    ///            default; never inside this call
    /// @errors  `errc::operation_in_progress`: another wait is outstanding, which is not disturbed;
    ///          `operation_aborted`: cancelled, or this receiver destroyed
    /// @cancels total, partial, terminal; a wait carries no item, so nothing can be lost
    /// @threads as the class
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

    /// Waits for at least one item and takes what is there, at most `limit`; none means the end.
    /// Throws `std::invalid_argument` if `limit` is 0.
    /// @completes `void(std::exception_ptr, std::vector<T>)` on the handler's associated executor,
    ///            this receiver's by default; never inside this call
    /// @errors  the failure that the channel was closed with; `errc::operation_in_progress`;
    ///          `operation_aborted` when cancelled or this receiver destroyed
    /// @cancels total, partial, terminal; no item is taken, so none is lost
    /// @threads as the class
    template <class Token>
    auto async_receive_many(std::size_t limit, Token&& token) {
        detail::checked_size(limit, "async_receive_many: limit must be at least 1");
        return detail::async_drive<void(std::exception_ptr, std::vector<T>)>(
            *this,
            detail::receive_many_step<basic_receiver>{this, limit, {}},
            std::forward<Token>(token));
    }

    /// Waits until the channel is closed, by whatever end.
    /// @completes `void(error_code)` on the handler's associated executor, this receiver's by
    ///            default; never inside this call
    /// @errors  `operation_aborted`: cancelled, or this receiver destroyed
    /// @cancels total, partial, terminal; it has no side effect
    /// @threads as the class
    template <class Token>
    auto async_wait_closed(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait_closed{this}, token);
    }

    /// Refuses more: senders get `errc::closed`. What is in the channel can still be received.
    void close() { end_->close(); }

    bool is_open() const { return end_->is_open(); }
    std::size_t size() const { return end_->size(); }
    std::size_t capacity() const { return end_->capacity(); }
    /// Takes effect at once. Fewer than are in it: what is in it stays, and no more are accepted.
    void set_capacity(std::size_t capacity) { end_->set_capacity(capacity); }
    channel_stats stats() const { return end_->stats(); }

    /// Takes what can be taken now, until `items` has `limit` elements; no end and no failure.
    void take_ready(std::vector<T>& items, std::size_t limit) {
        end_->take_ready(cursor_, items, limit);
    }

    /// When the stream is over the receiver stays, to be asked for its `stats`.
    void release() noexcept {}

    /// Made by `make_channel`.
    basic_receiver(const detail::core_ptr<T, Lock>& core, const asio::any_io_executor& ex)
        : end_(core, ex, core->add_receiver()) {}

private:
    struct initiate_wait {
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return self->get_executor(); }

        template <class Handler>
        void operator()(Handler handler) const {
            auto& rx = self->end_;
            if (rx.is_waiting())
                return rx.park(
                    rx.new_waiter(), false, errc::operation_in_progress, std::move(handler));
            const auto w = rx.free_waiter();
            const bool queued = rx->queue_receiver(w);
            rx.park(w, queued, {}, std::move(handler));
        }

        basic_receiver* self;
    };

    struct initiate_wait_closed {
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return self->get_executor(); }

        template <class Handler>
        void operator()(Handler handler) const {
            self->end_.wait_closed(std::move(handler));
        }

        basic_receiver* self;
    };

    detail::endpoint<T, Lock> end_;
    mutable detail::cursor<T> cursor_;
};

template <class T>
using receiver = basic_receiver<T, std::mutex>;
template <class T>
using local_receiver = basic_receiver<T, detail::null_lock>;

} // namespace streamx
