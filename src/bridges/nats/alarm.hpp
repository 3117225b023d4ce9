#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace streamx::nats::detail {

using streamx::detail::clock;

/// A deadline by the clock of an executor's context. To push it back costs nothing: the timer that is
/// set rings at its old time and is set again. What rings must hold its owner weakly.
class alarm : public std::enable_shared_from_this<alarm> {
public:
    alarm(const asio::any_io_executor& ex, std::function<void()> ring)
        : ex_(ex), ring_(std::move(ring)), timer_(std::make_shared<streamx::detail::timer>(
                                               asio::query(ex, asio::execution::context))) {}

    clock::time_point now() const noexcept { return timer_->now(); }

    void set(clock::duration from_now) {
        std::lock_guard lock(mutex_);
        if (silenced_)
            return;
        due_ = streamx::detail::later(now(), from_now);
        if (!waiting_)
            wait();
        else if (due_ < armed_)
            timer_->wake();
    }
    bool is_set() const {
        std::lock_guard lock(mutex_);
        return due_ != clock::time_point::max();
    }
    /// It does not ring any more, and keeps no context running.
    void silence() {
        std::lock_guard lock(mutex_);
        silenced_ = true;
        due_ = clock::time_point::max();
        if (waiting_)
            timer_->wake();
    }

private:
    void wait() {
        waiting_ = true;
        armed_ = due_;
        streamx::detail::timer::async_wait(
            timer_, due_, ex_, asio::bind_executor(ex_, [weak = weak_from_this()](error_code ec) {
                if (auto self = weak.lock())
                    self->rung(ec);
            }));
    }

    void rung(error_code ec) {
        {
            std::lock_guard lock(mutex_);
            waiting_ = false;
            if (ec || due_ == clock::time_point::max())
                return;
            if (now() < due_)
                return wait();
            due_ = clock::time_point::max();
        }
        ring_();
    }

    asio::any_io_executor ex_;
    std::function<void()> ring_;
    std::shared_ptr<streamx::detail::timer> timer_;
    mutable std::mutex mutex_;
    clock::time_point due_ = clock::time_point::max(), armed_{};
    bool waiting_ = false;
    bool silenced_ = false;
};

} // namespace streamx::nats::detail
