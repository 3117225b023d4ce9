#pragma once

#include <streamx/channels/broadcast.hpp>
#include <streamx/channels/detail/pump.hpp>
#include <streamx/core/error.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace streamx::detail {

/// A broadcast as a pump's sink.
template <class T>
struct broadcast_sink {
    using executor_type = asio::any_io_executor;

    explicit broadcast_sink(std::shared_ptr<broadcast<T>> to) noexcept : items(std::move(to)) {}
    broadcast_sink(broadcast_sink&&) noexcept = default;
    broadcast_sink& operator=(broadcast_sink&&) = delete;
    ~broadcast_sink() { // with the pump, or with the context on which that ran
        if (items)
            items->close();
    }

    executor_type get_executor() const noexcept { return items->get_executor(); }
    bool try_send(T& item) { return items->try_put(item); }
    void close(std::exception_ptr failure) { items->close(std::move(failure)); }
    template <class Op>
    void async_send(T item, Op op) {
        items->async_put(std::move(item), std::move(op));
    }

    std::shared_ptr<broadcast<T>> items;
};

/// The state of a shared stream: its run, from the making of a stream to its end, and who takes part
/// in it.
template <class T>
class share_core : public std::enable_shared_from_this<share_core<T>> {
public:
    struct run {
        std::shared_ptr<broadcast<T>> items;
        std::shared_ptr<pump_base> pump; ///< until it is stopped
        std::size_t subscribers = 0;     ///< who take part
        std::size_t joined = 0;          ///< of these, who have a subscription
        bool started = false;
    };
    using run_ptr = std::shared_ptr<run>;

    /// Takes part in a run as long as it lives.
    class place {
    public:
        place(std::shared_ptr<share_core> core, run_ptr r) noexcept
            : core_(std::move(core)), run_(std::move(r)) {}
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        ~place() { core_->leave(*this); }

    private:
        friend class share_core;

        const std::shared_ptr<share_core> core_;
        const run_ptr run_;
        bool joined_ = false;
    };

    /// `next` makes the next run when the one before is over, if it is set.
    share_core(
        run_ptr first,
        std::function<run_ptr()> next,
        std::size_t start_after,
        clock_service::duration grace)
        : run_(std::move(first)), next_(std::move(next)), start_after_(start_after), grace_(grace) {
    }

    /// Who joins may cost others items, and so hooks are called: without the lock.
    std::pair<std::unique_ptr<place>, subscription<T>> subscribe(subscribe_options<T> options) {
        auto here = enter();
        auto items = here->run_->items->subscribe(std::move(options));
        if (const auto pump = joins(*here))
            pump->start();
        return {std::move(here), std::move(items)};
    }

    run_ptr current() const {
        std::lock_guard lock(mutex_);
        return run_;
    }

    std::size_t subscriber_count() const {
        std::lock_guard lock(mutex_);
        return run_ ? run_->subscribers : 0;
    }

    bool is_running() const {
        std::lock_guard lock(mutex_);
        return run_ && run_->started && run_->items->is_open();
    }

private:
    /// From now on the run is not stopped.
    std::unique_ptr<place> enter() {
        std::lock_guard lock(mutex_);
        if (next_ && (!run_ || !run_->items->is_open()))
            run_ = next_();
        auto here = std::make_unique<place>(this->shared_from_this(), run_);
        ++run_->subscribers;
        grace_ends_.reset();
        return here;
    }

    /// The pump, if it is to be started now.
    std::shared_ptr<pump_base> joins(place& here) {
        std::lock_guard lock(mutex_);
        run& r = *here.run_;
        here.joined_ = true;
        if (++r.joined < start_after_ || !r.pump || std::exchange(r.started, true))
            return nullptr;
        return r.pump;
    }

    void leave(const place& here) noexcept {
        std::lock_guard lock(mutex_);
        const auto& r = here.run_;
        r->joined -= here.joined_;
        if (--r->subscribers != 0 || r != run_ || !r->pump || !r->pump->is_running())
            return; // it is over, or its context is
        if (grace_ == clock_service::duration::zero())
            return stop(*r);
        if (grace_ != clock_service::duration::max())
            stop_later(r);
    }

    void stop_later(const run_ptr& r) {
        const auto ex = r->items->get_executor();
        grace_ends_ = std::make_shared<timer>(asio::query(ex, asio::execution::context));
        timer::async_wait(
            grace_ends_,
            later(grace_ends_->now(), grace_),
            ex,
            [weak = this->weak_from_this(), mine = std::weak_ptr(grace_ends_), r](error_code ec) {
                if (const auto alive = ec ? nullptr : weak.lock())
                    alive->grace_ended(mine, *r);
            });
    }

    void grace_ended(const std::weak_ptr<timer>& which, run& r) {
        std::lock_guard lock(mutex_);
        if (grace_ends_ && grace_ends_ == which.lock()) // else somebody came meanwhile
            stop(r);
    }

    /// Lets go of the stream, wherever it is.
    static void stop(run& r) noexcept {
        r.items->close();
        r.pump.reset();
    }

    mutable std::mutex mutex_;
    run_ptr run_;
    const std::function<run_ptr()> next_;
    const std::size_t start_after_;
    const clock_service::duration grace_;
    std::shared_ptr<timer> grace_ends_;
};

} // namespace streamx::detail
