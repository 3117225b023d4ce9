#pragma once

#include <streamx/channels/channel_stats.hpp>
#include <streamx/channels/detail/operations.hpp>
#include <streamx/channels/detail/send_all.hpp>
#include <streamx/channels/permit.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <utility>

namespace streamx {

template <class T, class Lock>
class basic_weak_sender;

/// The end of a channel that items go into. Copies are senders of the same channel; the channel
/// ends when the last one is gone.
///
/// Thread safety (`sender`): different copies may be used from different threads, one copy from one
/// thread at a time. A `local_sender` and its channel never leave one strand.
template <class T, class Lock>
class basic_sender {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    basic_sender(const basic_sender& other)
        : core_(other.core_), executor_(other.executor_),
          endpoint_(core_ ? core_->add_sender() : 0) {}
    basic_sender(basic_sender&& other) noexcept
        : core_(std::move(other.core_)), spare_(std::move(other.spare_)),
          executor_(std::move(other.executor_)), endpoint_(other.endpoint_) {}
    basic_sender& operator=(basic_sender other) noexcept {
        core_.swap(other.core_);
        spare_.swap(other.spare_);
        std::swap(executor_, other.executor_);
        std::swap(endpoint_, other.endpoint_);
        return *this;
    }
    ~basic_sender() {
        if (core_)
            core_->remove_sender(endpoint_);
    }

    executor_type get_executor() const noexcept { return executor_; }

    /// This sender with another executor: where its operations complete when their handler names
    /// none.
    [[nodiscard]] basic_sender on(asio::any_io_executor ex) && {
        executor_ = std::move(ex);
        return std::move(*this);
    }

    /// Takes the item and returns true, or leaves it untouched and returns false: full, or closed
    /// (`is_open` tells). Senders that wait are not overtaken: while there are any it is full.
    bool try_send(T& item) { return core_->try_send(item, endpoint_) == detail::send_result::sent; }
    bool try_send(T&& item) { return try_send(item); }
    bool try_send(const T& item) {
        T copy(item);
        return try_send(copy);
    }

    /// Puts an item into the channel; waits for room as long as the overflow policy says. Several
    /// may be outstanding; they complete in order. An item given by `std::ref` stays its owner's
    /// until it is taken, so after an error it is still there; one given by value goes to
    /// `on_undelivered` then.
    /// @completes `void(error_code)` when the item is in the channel, on the handler's associated
    ///            executor, this sender's by default; never inside this call
    /// @errors  `errc::closed`: closed, or no receiver is left; `errc::full` under
    /// `overflow::fail`;
    ///          `operation_aborted`: cancelled, or this sender destroyed. On error nothing was
    ///          taken
    /// @cancels total, partial, terminal; the item was not taken, unless the operation succeeds
    /// @threads as the class; a referenced item stays alive until completion
    template <class Token>
    auto async_send(T item, Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            initiate_send{this}, token, std::move(item));
    }
    /// @copydoc async_send
    template <class Token>
    auto async_send(std::reference_wrapper<T> item, Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_send{this}, token, item);
    }

    /// Sends the elements of a container, in order, each as `async_send` would. It goes on when
    /// this sender is destroyed: until it is done it is a sender of its own.
    /// @completes `void(error_code, std::size_t)`, the number of elements that are in the channel,
    /// on the
    ///            handler's associated executor, this sender's by default; never inside this call
    /// @errors  `errc::closed`, `errc::full`, `operation_aborted` when cancelled; the elements
    /// after that
    ///          number were not taken
    /// @cancels total, partial, terminal, between two elements
    /// @threads as the class
    template <std::ranges::input_range R, class Token>
    auto async_send_all(R range, Token&& token) {
        return detail::async_drive<void(error_code, std::size_t)>(
            detail::sending_stream<detail::element_stream<R>, basic_sender>(
                detail::element_stream<R>(std::move(range)), basic_sender(*this)),
            detail::count_sent(),
            std::forward<Token>(token));
    }

    /// `async_send` for coroutines, `co_await tx.send(item)`: with room it costs no trip through
    /// the executor. An error is thrown as a `boost::system::system_error`.
    asio::awaitable<void> send(T item) {
        if (++run_ == detail::budget) {
            run_ = 0;
            co_await asio::post(asio::use_awaitable);
        }
        if (!try_send(item))
            co_await async_send(std::move(item), asio::use_awaitable);
    }

    /// Waits until `try_send` is worth calling again.
    /// @completes `void(error_code)` on the handler's associated executor, this sender's by
    /// default;
    ///            never inside this call
    /// @errors  `errc::closed`: it never will be; `operation_aborted`: cancelled, or this sender
    /// destroyed
    /// @cancels total, partial, terminal; nothing is held, so nothing can be lost
    /// @threads as the class
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

    /// Waits for a slot and keeps it, to be used later without waiting.
    /// @completes `void(error_code, permit<T>)` on the handler's associated executor, this sender's
    /// by
    ///            default; never inside this call
    /// @errors  `errc::closed`, `operation_aborted` as `async_send`; the permit is empty then
    /// @cancels total, partial, terminal; no slot is kept, unless the operation succeeds
    /// @threads as the class
    template <class Token>
    auto async_reserve(Token&& token) {
        return asio::async_initiate<Token, void(error_code, permit<T, Lock>)>(
            initiate_reserve{this}, token);
    }

    /// A sender that does not keep the channel from ending.
    [[nodiscard]] basic_weak_sender<T, Lock> weak() const {
        return basic_weak_sender<T, Lock>(*this);
    }

    /// Waits until the channel is closed, by whatever end: nobody will take items any more.
    /// @completes `void(error_code)` on the handler's associated executor, this sender's by
    /// default;
    ///            never inside this call
    /// @errors  `operation_aborted`: cancelled, or this sender destroyed
    /// @cancels total, partial, terminal; it has no side effect
    /// @threads as the class
    template <class Token>
    auto async_wait_closed(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait_closed{this}, token);
    }

    /// Closes the channel for all senders. Receivers get what is in it, then the end; senders that
    /// wait get `errc::closed`. Never waits; the first close counts.
    void close() { core_->close(); }
    /// The same, but after what is in it receivers get this failure, and then the end.
    void close(std::exception_ptr failure) { core_->close(std::move(failure)); }
    void close(error_code ec) { core_->close(make_failure(ec, "channel")); }

    bool is_open() const { return core_->is_open(); }
    std::size_t size() const { return core_->size(); }
    std::size_t capacity() const { return core_->capacity(); }
    /// Takes effect at once. Fewer than are in it: what is in it stays, and no more are accepted.
    void set_capacity(std::size_t capacity) { core_->set_capacity(capacity); }
    channel_stats stats() const { return core_->stats(); }

    /// Hands an item to the channel's `on_undelivered` hook: for who holds one that it cannot send.
    void undelivered(T&& item) { core_->undelivered(std::move(item)); }

    /// Made by `make_channel`.
    basic_sender(std::shared_ptr<detail::channel_core<T, Lock>> core, asio::any_io_executor ex)
        : core_(std::move(core)), executor_(std::move(ex)), endpoint_(core_->add_sender()) {}

private:
    friend class basic_weak_sender<T, Lock>;
    using core_type = detail::channel_core<T, Lock>;
    using waiter_ptr = detail::waiter_ptr<T, Lock>;

    /// What the initiations share: a waiter that is free, and the parking of a handler for it.
    struct initiation {
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return self->executor_; }

        waiter_ptr free_waiter() const {
            return detail::free_waiter(self->spare_, self->endpoint_);
        }

        template <class Handler, class Complete = detail::complete_with_error>
        void park(waiter_ptr w, detail::send_result result, Handler handler, Complete complete = {})
            const {
            detail::park(
                self->core_,
                std::move(w),
                result == detail::send_result::queued,
                to_error(result),
                std::move(handler),
                self->executor_,
                std::move(complete));
        }

        basic_sender* self;
    };

    struct initiate_send : initiation {
        template <class Handler>
        void operator()(Handler handler, T item) const {
            auto w = this->free_waiter();
            w->item = &w->held.emplace(std::move(item));
            this->park(w, this->self->core_->send_or_queue(w), std::move(handler));
        }
        template <class Handler>
        void operator()(Handler handler, std::reference_wrapper<T> item) const {
            auto w = this->free_waiter();
            w->item = &item.get();
            this->park(w, this->self->core_->send_or_queue(w), std::move(handler));
        }
    };

    struct initiate_wait : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            auto w = this->free_waiter();
            this->park(w, this->self->core_->room_or_queue(w), std::move(handler));
        }
    };

    struct initiate_reserve : initiation {
        struct complete {
            template <class Handler>
            void operator()(
                Handler handler,
                error_code ec,
                bool accepted,
                const std::shared_ptr<core_type>& core) const {
                std::move(handler)(ec, accepted ? permit<T, Lock>(core) : permit<T, Lock>());
            }
        };

        template <class Handler>
        void operator()(Handler handler) const {
            auto w = this->free_waiter();
            this->park(w, this->self->core_->reserve_or_queue(w), std::move(handler), complete());
        }
    };

    struct initiate_wait_closed : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            auto w = this->free_waiter();
            const bool queued = this->self->core_->queue_for_close(w);
            this->park(
                w,
                queued ? detail::send_result::queued : detail::send_result::sent,
                std::move(handler));
        }
    };

    static error_code to_error(detail::send_result result) {
        switch (result) {
        case detail::send_result::closed:
            return errc::closed;
        case detail::send_result::full:
            return errc::full;
        case detail::send_result::sent:
        case detail::send_result::queued:
            break;
        }
        return {};
    }

    std::shared_ptr<core_type> core_;
    waiter_ptr spare_;
    asio::any_io_executor executor_;
    std::uint64_t endpoint_;
    unsigned run_ = 0;
};

/// A sender that does not keep the channel from ending: for who only now and then has something to
/// send.
template <class T, class Lock>
class basic_weak_sender {
public:
    explicit basic_weak_sender(const basic_sender<T, Lock>& sender)
        : core_(sender.core_), executor_(sender.executor_) {}

    /// A sender, if there still is one that keeps the channel from ending.
    [[nodiscard]] std::optional<basic_sender<T, Lock>> lock() const {
        if (auto core = core_.lock(); core && core->has_senders())
            return basic_sender<T, Lock>(std::move(core), executor_);
        return std::nullopt;
    }

private:
    std::weak_ptr<detail::channel_core<T, Lock>> core_;
    asio::any_io_executor executor_;
};

template <class T>
using sender = basic_sender<T, std::mutex>;
template <class T>
using local_sender = basic_sender<T, detail::null_lock>;
template <class T>
using weak_sender = basic_weak_sender<T, std::mutex>;

} // namespace streamx
