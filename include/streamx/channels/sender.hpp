#pragma once

#include <streamx/channels/channel_stats.hpp>
#include <streamx/channels/detail/endpoint.hpp>
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
        : end_(other.end_, other.end_ ? other.end_->add_sender() : 0) {}
    basic_sender(basic_sender&& other) noexcept = default;
    basic_sender& operator=(basic_sender other) noexcept {
        std::swap(end_, other.end_);
        return *this;
    }
    ~basic_sender() {
        if (end_)
            end_->remove_sender(end_.id());
    }

    executor_type get_executor() const noexcept { return end_.get_executor(); }

    /// This sender with another executor: where its operations complete when their handler names
    /// none.
    [[nodiscard]] basic_sender on(const asio::any_io_executor& ex) && {
        end_.set_executor(ex);
        return std::move(*this);
    }

    /// Takes the item and returns true, or leaves it untouched and returns false: full, or closed
    /// (`is_open` tells). Senders that wait are not overtaken: while there are any it is full,
    /// but for the one that `async_wait` has just told of room, until its handler returns or it waits.
    bool try_send(T& item) { return end_->try_send(item, end_.id()) == detail::send_result::sent; }
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
    ///          `overflow::fail`; `errc::exceeds_budget`: it weighs more than the whole budget;
    ///          `operation_aborted`: cancelled, or this sender destroyed. On error nothing was taken
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
    ///            on the handler's associated executor, this sender's by default; never inside this
    ///            call
    /// @errors  `errc::closed`, `errc::full`, `errc::exceeds_budget`, `operation_aborted` when
    ///          cancelled; the elements after that number were not taken
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
    ///            default; never inside this call
    /// @errors  `errc::closed`: it never will be; `errc::full` under `overflow::fail`;
    ///          `errc::exceeds_budget`: the last try was with an item that weighs more than that;
    ///          `operation_aborted`: cancelled, or this sender destroyed
    /// @cancels total, partial, terminal; nothing is held, so nothing can be lost
    /// @threads as the class
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

    /// Waits for a slot and keeps it, to be used later without waiting.
    /// @completes `void(error_code, permit<T>)` on the handler's associated executor, this sender's
    ///            by default; never inside this call
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
    ///            default; never inside this call
    /// @errors  `operation_aborted`: cancelled, or this sender destroyed
    /// @cancels total, partial, terminal; it has no side effect
    /// @threads as the class
    template <class Token>
    auto async_wait_closed(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait_closed{this}, token);
    }

    /// Closes the channel for all senders. Receivers get what is in it, then the end; senders that
    /// wait get `errc::closed`. Never waits; the first close counts.
    void close() { end_->close(); }
    /// The same, but after what is in it receivers get this failure, and then the end.
    void close(std::exception_ptr failure) { end_->close(std::move(failure)); }
    void close(error_code ec) { end_->close(make_failure(ec, "channel")); }

    bool is_open() const { return end_->is_open(); }
    std::size_t size() const { return end_->size(); }
    std::size_t capacity() const { return end_->capacity(); }
    /// Takes effect at once. Fewer than are in it: what is in it stays, and no more are accepted.
    void set_capacity(std::size_t capacity) { end_->set_capacity(capacity); }
    channel_stats stats() const { return end_->stats(); }

    /// Hands an item to the channel's `on_undelivered` hook: for who holds one that it cannot send.
    void undelivered(T&& item) { end_->undelivered(std::move(item)); }

    /// Made by `make_channel`.
    basic_sender(const detail::core_ptr<T, Lock>& core, const asio::any_io_executor& ex)
        : end_(core, ex, core->add_sender()) {}

private:
    friend class basic_weak_sender<T, Lock>;
    using waiter_ptr = detail::waiter_ptr<T, Lock>;

    /// What the initiations share.
    struct initiation {
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return self->get_executor(); }

        template <class Handler, class Complete = detail::complete_with_error>
        void park(
            const waiter_ptr& w,
            detail::send_result result,
            Handler handler,
            Complete complete = {}) const {
            const bool queued = result == detail::send_result::queued;
            self->end_.park(w, queued, to_error(result), std::move(handler), std::move(complete));
        }

        basic_sender* self;
    };

    struct initiate_send : initiation {
        template <class Handler>
        void operator()(Handler handler, T item) const {
            const auto w = this->self->end_.free_waiter();
            w->item = &w->held.emplace(std::move(item));
            this->park(w, this->self->end_->send_or_queue(w), std::move(handler));
        }
        template <class Handler>
        void operator()(Handler handler, std::reference_wrapper<T> item) const {
            const auto w = this->self->end_.free_waiter();
            w->item = &item.get();
            this->park(w, this->self->end_->send_or_queue(w), std::move(handler));
        }
    };

    struct initiate_wait : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            const auto w = this->self->end_.free_waiter();
            this->park(w, this->self->end_->room_or_queue(w), std::move(handler));
        }
    };

    struct initiate_reserve : initiation {
        struct complete {
            static constexpr bool needs_channel = true;

            template <class Handler>
            void operator()(
                Handler handler,
                error_code ec,
                bool accepted,
                const detail::core_ptr<T, Lock>& core) const {
                std::move(handler)(ec, accepted ? permit<T, Lock>(core) : permit<T, Lock>());
            }
        };

        template <class Handler>
        void operator()(Handler handler) const {
            const auto w = this->self->end_.free_waiter();
            this->park(w, this->self->end_->reserve_or_queue(w), std::move(handler), complete());
        }
    };

    struct initiate_wait_closed : initiation {
        template <class Handler>
        void operator()(Handler handler) const {
            this->self->end_.wait_closed(std::move(handler));
        }
    };

    static error_code to_error(detail::send_result result) {
        switch (result) {
        case detail::send_result::closed:
            return errc::closed;
        case detail::send_result::full:
            return errc::full;
        case detail::send_result::exceeds_budget:
            return errc::exceeds_budget;
        case detail::send_result::sent:
        case detail::send_result::queued:
            break;
        }
        return {};
    }

    [[no_unique_address]] detail::endpoint<T, Lock> end_;
    unsigned run_ = 0;
};

/// A sender that does not keep the channel from ending: for who only now and then has something to
/// send.
template <class T, class Lock>
class basic_weak_sender {
public:
    explicit basic_weak_sender(const basic_sender<T, Lock>& sender)
        : core_(sender.end_.core()), executor_(sender.get_executor()) {}

    /// A sender, if there still is one that keeps the channel from ending.
    [[nodiscard]] std::optional<basic_sender<T, Lock>> lock() const {
        if (core_->has_senders())
            return basic_sender<T, Lock>(core_, executor_);
        return std::nullopt;
    }

private:
    detail::core_ptr<T, Lock> core_;
    asio::any_io_executor executor_;
};

template <class T>
using sender = basic_sender<T, std::mutex>;
template <class T>
using local_sender = basic_sender<T, detail::null_lock>;
template <class T>
using weak_sender = basic_weak_sender<T, std::mutex>;

} // namespace streamx
