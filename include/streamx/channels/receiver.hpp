#pragma once

#include <streamx/channels/channel_stats.hpp>
#include <streamx/channels/detail/operations.hpp>
#include <streamx/core/detail/chunker.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace streamx {

namespace detail {

/// Takes what is ready, up to a limit, and stops before a failure that comes after it.
template <class Receiver>
struct receive_many_step {
    using item = item_t<Receiver>;

    bool operator()(item&& i) {
        items.push_back(std::move(i));
        return items.size() != limit && receiver->ready();
    }
    bool goes_on_waiting() const noexcept { return items.empty(); }

    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure), std::move(items));
    }

    const Receiver* receiver;
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
        : core_(other.core_), executor_(other.executor_),
          endpoint_(core_ ? core_->add_receiver() : 0) {
        other.cursor_.limit = other.cursor_.position; // from now on they share
        cursor_.failed = other.cursor_.failed;
    }
    basic_receiver(basic_receiver&& other) noexcept
        : stream_interface<basic_receiver>(), core_(std::move(other.core_)),
          waiter_(std::move(other.waiter_)), executor_(std::move(other.executor_)),
          endpoint_(other.endpoint_), cursor_(other.cursor_) {
        other.cursor_ = {};
    }
    basic_receiver& operator=(basic_receiver other) noexcept {
        stream_interface<basic_receiver>::operator=(other);
        core_.swap(other.core_);
        waiter_.swap(other.waiter_);
        std::swap(executor_, other.executor_);
        std::swap(endpoint_, other.endpoint_);
        std::swap(cursor_, other.cursor_);
        return *this;
    }
    ~basic_receiver() {
        if (core_)
            core_->remove_receiver(endpoint_);
    }

    executor_type get_executor() const noexcept { return executor_; }

    poll<T> try_next() {
        if (!core_) [[unlikely]]
            return end;
        return core_->try_receive(cursor_);
    }

    /// `try_next` under the name that channels have for it.
    poll<T> try_receive() { return try_next(); }

    /// Waits until `try_next` is worth calling: there is an item, the end or a failure.
    /// @completes `void(error_code)` on the handler's associated executor, this receiver's by
    /// default;
    ///            never inside this call
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
    /// this
    ///            receiver's by default; never inside this call
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
    /// default;
    ///            never inside this call
    /// @errors  `operation_aborted`: cancelled, or this receiver destroyed
    /// @cancels total, partial, terminal; it has no side effect
    /// @threads as the class
    template <class Token>
    auto async_wait_closed(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait_closed{this}, token);
    }

    /// Refuses more: senders get `errc::closed`. What is in the channel can still be received.
    void close() { core_->close(); }

    bool is_open() const { return core_->is_open(); }
    /// Whether there is an item to take now.
    bool ready() const { return cursor_.position != cursor_.limit || size() != 0; }
    std::size_t size() const { return core_->size(); }
    std::size_t capacity() const { return core_->capacity(); }
    /// Takes effect at once. Fewer than are in it: what is in it stays, and no more are accepted.
    void set_capacity(std::size_t capacity) { core_->set_capacity(capacity); }
    channel_stats stats() const { return core_->stats(); }

    /// When the stream is over the receiver stays, to be asked for its `stats`.
    void release() noexcept {}

    /// Made by `make_channel`.
    basic_receiver(std::shared_ptr<detail::channel_core<T, Lock>> core, asio::any_io_executor ex)
        : core_(std::move(core)), executor_(std::move(ex)), endpoint_(core_->add_receiver()) {}

private:
    using waiter_ptr = detail::waiter_ptr<T, Lock>;

    struct initiate_wait {
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return self->executor_; }

        template <class Handler>
        void operator()(Handler handler) const {
            if (!self->waiter_)
                self->waiter_ = self->new_waiter();
            const auto result = self->core_->queue_receiver(self->waiter_);
            const bool busy = result == detail::wait_result::busy;
            detail::park(
                self->core_,
                busy ? self->new_waiter() : self->waiter_,
                result == detail::wait_result::queued,
                busy ? error_code(errc::operation_in_progress) : error_code(),
                std::move(handler),
                self->executor_);
        }

        basic_receiver* self;
    };

    struct initiate_wait_closed {
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return self->executor_; }

        template <class Handler>
        void operator()(Handler handler) const {
            auto w = self->new_waiter();
            const bool queued = self->core_->queue_for_close(w);
            detail::park(
                self->core_, std::move(w), queued, {}, std::move(handler), self->executor_);
        }

        basic_receiver* self;
    };

    waiter_ptr new_waiter() const {
        waiter_ptr w(new detail::waiter<T, Lock>);
        w->owner = endpoint_;
        return w;
    }

    std::shared_ptr<detail::channel_core<T, Lock>> core_;
    waiter_ptr waiter_;
    asio::any_io_executor executor_;
    std::uint64_t endpoint_;
    mutable detail::cursor<T> cursor_;
};

template <class T>
using receiver = basic_receiver<T, std::mutex>;
template <class T>
using local_receiver = basic_receiver<T, detail::null_lock>;

} // namespace streamx
