#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace streamx::io::detail {

using time_point = streamx::detail::clock::time_point;

/// Watches over something that has to go on: the owner's `deadline()`, if it has one, moves on as it
/// does; when it is passed the owner hears of it by `on_deadline()`, on its `get_executor()`.
///
/// Setting an Asio timer costs as much as a small read. So the timer stays as it was set while the
/// deadline moves on, and is looked at when it rings; and it is unset, as it keeps the context running,
/// only if there is no deadline after what follows an operation has run.
template <class Executor>
class watchdog {
public:
    explicit watchdog(const Executor& ex)
        : clock_(streamx::detail::clock::of(asio::query(ex, asio::execution::context))) {}

    time_point now() const noexcept { return clock_->now(); }

    /// The owner has a deadline, perhaps since this moment.
    template <class Owner>
    void watch(const std::shared_ptr<Owner>& owner) {
        const auto until = owner->deadline();
        if (!until || *until == time_point::max())
            return;
        if (set_) {
            if (*until < set_for_)
                timer_->wake(); // to be set anew
            return;
        }
        const Executor ex = owner->get_executor();
        if (!timer_)
            timer_ =
                std::make_shared<streamx::detail::timer>(asio::query(ex, asio::execution::context));
        set_ = true;
        set_for_ = *until;
        streamx::detail::timer::async_wait(timer_, *until, ex, ring_op<Owner>{ex, owner});
    }

    /// The owner may have no deadline any more.
    template <class Owner>
    void relax(const std::shared_ptr<Owner>& owner) {
        if (!set_ || std::exchange(relaxing_, true))
            return;
        streamx::detail::post_to(
            owner->get_executor(), std::allocator<void>(), [weak = std::weak_ptr(owner), this] {
                const auto alive = weak.lock(); // and so is this, its member
                if (!alive)
                    return;
                relaxing_ = false;
                if (set_ && !alive->deadline())
                    timer_->wake();
            });
    }

    /// The owner has none for ever.
    void stop() noexcept {
        if (set_)
            timer_->wake();
    }

private:
    template <class Owner>
    struct ring_op {
        using executor_type = Executor;
        executor_type get_executor() const noexcept { return executor; }

        void operator()(error_code) {
            if (const auto alive = owner.lock())
                alive->dog().ring(alive);
        }

        Executor executor;
        std::weak_ptr<Owner> owner;
    };

    template <class Owner>
    void ring(const std::shared_ptr<Owner>& owner) {
        set_ = false;
        const auto until = owner->deadline();
        if (until && *until <= now())
            owner->on_deadline();
        else if (until)
            watch(owner);
    }

    std::shared_ptr<streamx::detail::clock> clock_;
    std::shared_ptr<streamx::detail::timer> timer_;
    time_point set_for_;
    bool set_ = false;
    bool relaxing_ = false;
};

} // namespace streamx::io::detail
