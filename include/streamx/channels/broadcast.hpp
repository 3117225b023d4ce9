#pragma once

#include <streamx/channels/broadcast_stats.hpp>
#include <streamx/channels/detail/broadcast_core.hpp>
#include <streamx/channels/detail/broadcast_op.hpp>
#include <streamx/channels/memory_budget.hpp>
#include <streamx/channels/no_subscribers.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/channels/subscription.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/consumer_scope.hpp>
#include <streamx/core/detail/coroutine_of.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/error.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace streamx {

/// How a broadcast is made, where its executor alone does not say it.
template <class T>
struct broadcast_options {
    /// What a put does while there are none.
    streamx::no_subscribers no_subscribers = streamx::no_subscribers::wait;
    /// So many of the last items are kept for newcomers who ask for a `replay`.
    std::size_t retain = 0;
    /// Gets each item that was given by value to a put that failed, or put under
    /// `no_subscribers::discard`. Called by whoever caused it, with no lock held; it must not throw.
    std::function<void(T&&)> on_undelivered = nullptr;
    /// What the items in it weigh counts against this as well, each once: where that is used up, a
    /// put waits. A subscriber under `overflow::drop_oldest` misses its oldest items before that.
    std::optional<memory_budget> budget = std::nullopt;
    /// What an item weighs; `weight_of` if nothing is given. It may be called by several threads at
    /// a time.
    std::function<std::size_t(const T&)> weight = nullptr;
    /// Under this `dump_graph` shows it.
    std::string name = {};
};

/// Gives each item to every subscriber. Items are stored once; a subscriber has a copy of each that
/// it takes, and the last one to take an item has the item itself.
///
/// A put completes when the item is accepted: when no subscriber that is to be waited for is full.
/// By default that is lockstep: when each has asked for it. One that leaves, fails or is cancelled
/// holds up neither the producer nor the others.
///
/// As long as the process has one thread, subscribers, or puts, that are woken together on one
/// `io_context` run one after the other within one of its handlers, at most 32 of them: `run_one` counts
/// them as one.
///
/// Destroying the broadcast closes it. Thread safety: all but that may be called from any thread at
/// any time. Copying and destroying a `T` must not use the broadcast: it is done under its lock.
template <std::copy_constructible T>
class broadcast {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    explicit broadcast(asio::any_io_executor ex, broadcast_options<T> options = {})
        : core_(new detail::broadcast_core<T>(
              std::move(ex),
              options.no_subscribers,
              options.retain,
              std::move(options.on_undelivered))) {
        if (options.budget)
            core_->share(
                options.budget->state(),
                options.weight ? std::move(options.weight) : &weight_of<T>);
        if (!options.name.empty())
            core_->show(std::move(options.name));
    }
    broadcast(broadcast&&) noexcept = default;
    broadcast& operator=(broadcast other) noexcept {
        core_.swap(other.core_);
        return *this;
    }
    ~broadcast() {
        if (core_)
            core_->close();
    }

    executor_type get_executor() const noexcept { return core_->executor(); }

    /// Joins: the stream of all items that are put from now on. Each item is wholly before or after
    /// a join; a put that waits is after.
    /// Throws `std::invalid_argument` if `capacity` is 0 or there is a `patience` and the policy is
    /// not to wait, if `patience` is not more than 0, or what comes `then` is to wait.
    subscription<T> subscribe(subscribe_options<T> options = {}) {
        const bool impatient = options.patience != clock_service::duration::max();
        if (options.overflow != overflow::wait) {
            detail::checked_size(
                options.capacity,
                "subscribe: capacity must be at least 1 unless with overflow::wait");
            if (impatient)
                throw std::invalid_argument("subscribe: patience is for overflow::wait only");
        } else if (impatient && options.then == overflow::wait) {
            throw std::invalid_argument("subscribe: what comes after patience must not wait");
        }
        if (options.patience <= clock_service::duration::zero())
            throw std::invalid_argument("subscribe: patience must be more than 0");
        boost::intrusive_ptr<detail::subscriber<T>> s(new detail::subscriber<T>(core_));
        if (!options.name.empty())
            s->rare_part().name = std::move(options.name);
        if (options.on_undelivered)
            s->rare_part().on_undelivered = std::move(options.on_undelivered);
        if (impatient) {
            s->rare_part().patience = options.patience;
            s->rare_part().then = options.then;
        }
        s->policy = options.overflow;
        s->capacity = options.capacity;
        s->care = s->care_for(options.overflow, options.capacity);
        s->batches = options.overflow == overflow::wait && options.capacity != 0 && !impatient;
        core_->join(*s, options.replay);
        return subscription<T>(std::move(s));
    }

    /// Takes the item and returns true, or leaves it untouched and returns false: a subscriber is to
    /// be waited for, or it is closed (`is_open` tells). Puts that wait are not overtaken.
    bool try_put(T& item) { return core_->try_put(item) == detail::put_result::accepted; }
    bool try_put(T&& item) { return try_put(item); }
    bool try_put(const T& item) {
        T copy(item);
        return try_put(copy);
    }

    /// Puts an item; waits for those subscribers who are to be waited for. Several may be
    /// outstanding, from any threads; they are accepted and complete in order. An item given by
    /// `std::ref` stays its owner's until it is accepted, so after an error it is still there; one
    /// given by value goes to `on_undelivered` then.
    ///
    /// A consumer must not await a put from inside its own loop that is to wait for it: it would wait
    /// for itself to ask. A coroutine that does is told so, if `next()` has just woken it with its last
    /// item, and it has awaited nothing since but puts; if it awaits this with `use_awaitable` (also within one of `as_tuple`,
    /// `redirect_error`, `bind_cancellation_slot`, ...), and there are at most 16 subscribers.
    /// @completes `void(error_code)` when the item is accepted, on the handler's associated
    ///            executor, the broadcast's by default; never inside this call
    /// @errors  `errc::closed`; `errc::no_subscribers` under `no_subscribers::fail`;
    ///          `errc::exceeds_budget`: it weighs more than the whole budget;
    ///          `errc::would_deadlock`; `operation_aborted`: cancelled. On error nobody has seen the
    ///          item
    /// @cancels total, partial, terminal; the item was not accepted, unless the operation succeeds
    /// @threads any; a referenced item stays alive until completion
    template <class Token>
    auto async_put(T item, Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            initiate_put{core_}, token, std::move(item));
    }
    /// @copydoc async_put
    template <class Token>
    auto async_put(std::reference_wrapper<T> item, Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_put{core_}, token, item);
    }

    /// `async_put` for coroutines, `co_await b.put(item)`: where nobody has to be waited for it costs
    /// no trip through the executor. An error is thrown as a `boost::system::system_error`.
    asio::awaitable<void> put(T item) {
        if (core_->spent(detail::budget))
            co_await asio::post(asio::use_awaitable);
        if (!try_put(item))
            co_await async_put(std::move(item), asio::deferred);
    }

    /// Waits until there are at least `n` subscribers.
    /// Throws `std::invalid_argument` if `n` is 0.
    /// @completes `void(error_code)` on the handler's associated executor, the broadcast's by
    ///            default; never inside this call
    /// @errors  `errc::closed`; `operation_aborted`: cancelled
    /// @cancels total, partial, terminal; it has no side effect
    /// @threads any
    template <class Token>
    auto async_wait_subscribers(std::size_t n, Token&& token) {
        detail::checked_size(n, "async_wait_subscribers: number must be at least 1");
        return asio::async_initiate<Token, void(error_code)>(
            initiate_wait_subscribers{core_}, token, n);
    }

    /// Closes it. Subscribers get what is there for them, then the end; puts that wait get
    /// `errc::closed`. Never waits, legal anywhere; the first close counts.
    void close() { core_->close(); }
    /// The same, but after what is there for them subscribers get this failure, and then the end.
    void close(std::exception_ptr failure) { core_->close(std::move(failure)); }
    void close(error_code ec) { core_->close(make_failure(ec, "broadcast")); }

    /// Closes it and waits until all subscribers have taken what is there for them, or left; at most
    /// so long, by the clock of the broadcast's executor. What they have not taken then they still
    /// can.
    /// @completes `void(error_code)` on the handler's associated executor, the broadcast's by
    ///            default; never inside this call
    /// @errors  `asio::error::timed_out`: not all was taken in time; `operation_aborted`: cancelled
    /// @cancels total, partial, terminal; it stays closed
    /// @threads any
    template <class Token>
    auto async_close(clock_service::duration within, Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            initiate_close{{core_}}, token, within);
    }

    bool is_open() const { return core_->is_open(); }
    std::size_t subscriber_count() const { return core_->subscriber_count(); }
    broadcast_stats stats() const { return core_->stats(); }

private:
    struct initiation {
        using executor_type = asio::any_io_executor;
        executor_type get_executor() const noexcept { return core->executor(); }

        template <class Handler>
        void finish(
            detail::put_result result,
            boost::intrusive_ptr<detail::put_waiter<T>> w,
            Handler&& handler,
            const detail::consumer& by = {}) const {
            using op = detail::broadcast_op<detail::put_waiter<T>, Handler, asio::any_io_executor>;
            if (result == detail::put_result::queued)
                op::park(detail::queued_waiter(std::move(w)), std::move(handler), core->executor());
            else
                detail::complete_broadcast(
                    to_error(result), by, std::move(handler), core->executor());
        }

        detail::broadcast_ptr<T> core;
    };

    struct initiate_put : initiation {
        template <class Handler>
        void operator()(Handler handler, T item) const {
            boost::intrusive_ptr<detail::put_waiter<T>> w;
            const auto by = detail::consumer_scope::of(detail::coroutine_of(handler));
            const auto result = this->core->put_or_queue(item, false, w, by);
            if (to_error(result))
                this->core->undelivered(std::move(item));
            this->finish(result, std::move(w), std::move(handler), by);
        }
        template <class Handler>
        void operator()(Handler handler, std::reference_wrapper<T> item) const {
            boost::intrusive_ptr<detail::put_waiter<T>> w;
            const auto by = detail::consumer_scope::of(detail::coroutine_of(handler));
            const auto result = this->core->put_or_queue(item, true, w, by);
            this->finish(result, std::move(w), std::move(handler), by);
        }
    };

    struct initiate_wait_subscribers : initiation {
        template <class Handler>
        void operator()(Handler handler, std::size_t n) const {
            boost::intrusive_ptr<detail::put_waiter<T>> w;
            const auto result = this->core->queue_for_subscribers(n, w);
            this->finish(result, std::move(w), std::move(handler));
        }
    };

    template <class Handler>
    struct close_op : detail::bound_handler<Handler, asio::any_io_executor> {
        close_op(
            Handler handler, detail::broadcast_ptr<T> closed, std::shared_ptr<detail::timer> timer)
            : detail::bound_handler<Handler, asio::any_io_executor>(
                  std::move(handler), closed->executor()),
              core(std::move(closed)), own(std::move(timer)) {}

        void operator()(error_code ec) {
            if (!ec && !core->is_drained())
                ec = asio::error::timed_out;
            own.reset();
            core.reset();
            std::move(this->handler())(ec);
        }

        detail::broadcast_ptr<T> core;
        std::shared_ptr<detail::timer> own;
    };

    struct initiate_close : initiation {
        template <class Handler>
        void operator()(Handler handler, clock_service::duration within) const {
            const auto ex = this->get_executor();
            auto t = std::make_shared<detail::timer>(this->core->time());
            this->core->close();
            if (!this->core->queue_for_drain(t))
                return detail::complete_broadcast({}, {}, std::move(handler), ex);
            detail::timer::async_wait(
                t,
                detail::later(t->now(), within),
                ex,
                close_op<Handler>(std::move(handler), this->core, t));
        }
    };

    static error_code to_error(detail::put_result result) {
        switch (result) {
        case detail::put_result::closed:
            return errc::closed;
        case detail::put_result::no_subscribers:
            return errc::no_subscribers;
        case detail::put_result::exceeds_budget:
            return errc::exceeds_budget;
        case detail::put_result::would_deadlock:
            return errc::would_deadlock;
        case detail::put_result::accepted:
        case detail::put_result::queued:
            break;
        }
        return {};
    }

    detail::broadcast_ptr<T> core_;
};

} // namespace streamx
