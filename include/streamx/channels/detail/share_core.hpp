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
        std::size_t subscribers = 0;
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
        ~place() { core_->leave(run_); }

    private:
        std::shared_ptr<share_core> core_;
        run_ptr run_;
    };

    /// `next` makes the next run when the one before is over, if it is set.
    share_core(
        run_ptr first,
        std::function<run_ptr()> next,
        std::size_t start_after,
        clock_service::duration grace)
        : run_(std::move(first)), next_(std::move(next)), start_after_(start_after), grace_(grace) {
    }

    std::pair<std::unique_ptr<place>, subscription<T>> subscribe(subscribe_options<T> options) {
        std::lock_guard lock(mutex_);
        if (next_ && (!run_ || !run_->items->is_open()))
            run_ = next_();
        auto joined = run_->items->subscribe(std::move(options));
        ++run_->subscribers;
        std::unique_ptr<place> here;
        try {
            here = std::make_unique<place>(this->shared_from_this(), run_);
        } catch (...) {
            --run_->subscribers;
            throw;
        }
        grace_ends_.reset();
        if (run_->subscribers >= start_after_ && run_->pump && !std::exchange(run_->started, true))
            run_->pump->start();
        return {std::move(here), std::move(joined)};
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
    void leave(const run_ptr& r) noexcept {
        std::lock_guard lock(mutex_);
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
            [weak = this->weak_from_this(), mine = grace_ends_.get(), r](error_code ec) {
                if (const auto alive = ec ? nullptr : weak.lock())
                    alive->grace_ended(mine, *r);
            });
    }

    void grace_ended(const timer* which, run& r) {
        std::lock_guard lock(mutex_);
        if (grace_ends_.get() == which) // else somebody came meanwhile
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
