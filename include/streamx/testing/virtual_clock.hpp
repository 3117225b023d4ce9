#pragma once

#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <stdexcept>

namespace streamx::testing {

/// Puts itself in the place of an `io_context`'s clock as long as it lives. Time stands, and jumps to
/// the next timer when `run` finds nothing else that could run: half an hour takes no time.
/// It begins at 0. Only this thread runs the context meanwhile.
class virtual_clock {
public:
    using time_point = clock_service::time_point;
    using duration = clock_service::duration;
    using executor_type = asio::io_context::executor_type;

    explicit virtual_clock(asio::io_context& context)
        : context_(context), clock_(streamx::detail::clock::of(context)) {
        if (!clock_->stop(time_point()))
            throw std::logic_error("virtual_clock: the context has one already");
    }
    virtual_clock(const virtual_clock&) = delete;
    virtual_clock& operator=(const virtual_clock&) = delete;
    ~virtual_clock() { clock_->run(); }

    executor_type get_executor() const noexcept { return context_.get_executor(); }
    time_point now() const noexcept { return clock_->now(); }
    /// How much time has passed.
    duration elapsed() const noexcept { return now() - time_point(); }

    /// Runs the context until it has nothing to run and waits for no timer either. Returns how
    /// many handlers ran.
    std::size_t run() {
        std::size_t ran = 0;
        while (auto n = run_ready())
            ran += n;
        return ran;
    }

    /// Runs the context for so long, no shorter and no longer. Time passes even if it is held.
    std::size_t run_for(duration d) {
        const auto until = streamx::detail::later(now(), d);
        std::size_t ran = poll();
        for (auto at = clock_->next(); at && *at <= until; at = clock_->next()) {
            clock_->move_to(*at);
            ran += poll();
        }
        clock_->move_to(until);
        return ran;
    }

    /// Runs one handler, at the next time if there is none now.
    std::size_t run_one() {
        do {
            context_.restart();
            if (context_.poll_one() != 0)
                return 1;
        } while (jump());
        return 0;
    }

    /// Lets `run` not move time from now on, as when another thread has work in hand; or let it
    /// again.
    void hold(bool on = true) noexcept { held_ = on; }

private:
    /// Runs what can be run at the first moment when there is something.
    std::size_t run_ready() {
        do {
            if (auto n = poll())
                return n;
        } while (jump());
        return 0;
    }

    std::size_t poll() {
        context_.restart();
        return context_.poll();
    }

    bool jump() {
        const auto at = held_ ? std::nullopt : clock_->next();
        if (at)
            clock_->move_to(*at);
        return at.has_value();
    }

    asio::io_context& context_;
    std::shared_ptr<streamx::detail::clock> clock_;
    bool held_ = false;
};

/// Runs what can be run, and lets time pass for what waits for that, until `done()`.
template <class Done>
void run_until(virtual_clock& clock, Done done) {
    while (!done() && clock.run_one() != 0) {
    }
}

} // namespace streamx::testing
