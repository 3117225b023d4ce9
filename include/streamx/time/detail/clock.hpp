#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/time/detail/coarse_clock.hpp>

#include <boost/asio/execution_context.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace streamx::detail {

class timer;

/// What time it is in an execution context, and the timers that are to ring there. It runs by
/// itself, or stands until it is moved.
class clock : public std::enable_shared_from_this<clock> {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    static const std::shared_ptr<clock>& of(asio::execution_context& context);

    explicit clock(asio::execution_context& context) noexcept;
    clock(const clock&) = delete;
    clock& operator=(const clock&) = delete;
    ~clock();

    time_point now() const noexcept {
        const auto at = stands_at_.load(std::memory_order_acquire);
        return at == runs ? std::chrono::steady_clock::now() : time_point(duration(at));
    }

    /// The same for statistics: of the real time a few milliseconds old, and read at less cost.
    time_point roughly() const noexcept {
        const auto at = stands_at_.load(std::memory_order_acquire);
        return time_point(
            at == runs ? std::chrono::duration_cast<duration>(coarse_now()) : duration(at));
    }

    /// Makes it stand at this time and not move by itself any more. False if it stands already.
    bool stop(time_point at);
    /// Makes it run again, at the real time.
    void run();
    /// The time for which the next timer is set.
    std::optional<time_point> next() const;
    /// Moves a clock that stands, and rings what is due then.
    void move_to(time_point at);

    /// Rings every timer with `operation_aborted`: the context goes.
    void shutdown() noexcept;
    /// Whether that has happened: nothing can be timed any more.
    bool is_shut_down() const;

private:
    friend class timer;
    struct host; // the one Asio timer that all of ours share
    using queue = std::multimap<time_point, timer*>;
    static constexpr duration::rep runs = duration::min().count();

    /// Returns what this wait is to be unset by; one that another waits on is not set, and this is 0.
    unsigned set(timer& t, time_point at);
    void unset(timer& t, unsigned wait) noexcept;
    bool ring_first(error_code ec) noexcept;
    void ring_due();
    void arm();

    asio::execution_context& context_;
    // Recursive, as a timer may die by what its ringing destroys. A timer that has been unset does
    // not ring any more: so it rings under the lock.
    mutable std::recursive_mutex mutex_;
    queue queue_;
    std::unique_ptr<host> host_;
    std::optional<time_point> armed_; // when the host wakes us
    std::atomic<duration::rep> stands_at_ = runs;
    bool dead_ = false;
};

/// `at` and `d` later, or as late as can be.
constexpr clock::time_point later(clock::time_point at, clock::duration d) noexcept {
    return d > clock::time_point::max() - at ? clock::time_point::max() : at + d;
}

} // namespace streamx::detail
