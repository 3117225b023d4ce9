#pragma once

#include <streamx/time/detail/clock.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace streamx::detail {

/// A bucket of `burst` tokens, full at first, into which `rate` tokens a second come. It is kept as
/// the moment when it will be full again, in nanoseconds and an exact fraction of one: nothing is
/// rounded away in the long run.
class token_bucket {
public:
    static constexpr std::uint64_t max_rate = 10'000'000'000;
    /// What a timer that rings late may make up for.
    static constexpr clock::duration max_lateness = std::chrono::milliseconds(100);

    /// At higher rates who waits for a token waits for so long at least, and gets what has come
    /// meanwhile: a timer for each would cost more than the items.
    static constexpr std::uint64_t max_single = 10'000;
    static constexpr clock::duration shortest_wait = std::chrono::microseconds(500);

    token_bucket(std::uint64_t rate, std::uint64_t burst) noexcept
        : rate_(rate), burst_(burst), one_(time_for(1, 0)), all_but_one_(time_for(burst - 1, 0)) {}

    /// Takes `n` tokens if they are there. Of more than `burst` that many have to be there, and the
    /// rest is owed. If it is false, `wake_at` says when to come again.
    bool take(std::uint64_t n, clock::time_point now) noexcept {
        const auto ready = time_of(n);
        if (now < ready) {
            ready_at_ = ready;
            wake_at_ = rate_ > max_single ? std::max(ready, now + shortest_wait) : ready;
            return false;
        }
        // Who came again late, as the timer did, gets what has come into a full bucket meanwhile;
        // and so as long as it keeps up with the rate. Who is late by itself does not.
        if (ready_at_) {
            lateness_ = std::min(now - *ready_at_ + rounding, max_lateness);
            late_until_ = now - rounding;
        } else if (full_at_ < now - lateness_)
            lateness_ = {};
        ready_at_.reset();
        if (full_at_ < now - lateness_) {
            full_at_ = now - lateness_;
            fraction_ = 0;
        }
        add(n);
        return true;
    }

    /// The same without a look at the clock: takes them if they were there at the last one, beyond a
    /// full bucket, for one who came late.
    bool take_late(std::uint64_t n) noexcept {
        if (full_at_ > late_until_)
            return false;
        add(n);
        return true;
    }

    clock::time_point wake_at() const noexcept { return wake_at_; }

private:
    static constexpr std::uint64_t second = 1'000'000'000;
    static constexpr std::uint64_t ages = second; // in seconds: as good as for ever

    static constexpr clock::duration rounding{1}; // of `ready_at_`, up

    struct span {
        clock::duration whole;
        std::uint64_t fraction; // of a nanosecond, in parts of `rate`
    };

    /// How long it takes for `n` tokens to come, and a fraction of a nanosecond.
    span time_for(std::uint64_t n, std::uint64_t fraction) const noexcept {
        const auto seconds = n < rate_ ? 0 : n / rate_;
        if (seconds >= ages)
            return {std::chrono::seconds(ages), 0};
        const auto parts = (n - seconds * rate_) * second + fraction; // below 2^64 up to max_rate
        const auto nanoseconds = static_cast<std::int64_t>(parts / rate_);
        return {
            std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds), parts % rate_};
    }

    /// The first nanosecond in which `n` tokens are there.
    clock::time_point time_of(std::uint64_t n) const noexcept {
        if (n >= burst_)
            return full_at_ + clock::duration(fraction_ != 0);
        const auto before = n == 1 ? all_but_one_ : time_for(burst_ - n, 0);
        return full_at_ - before.whole + clock::duration(fraction_ > before.fraction);
    }

    void add(std::uint64_t n) noexcept {
        const auto more = n == 1 ? time_for_one(fraction_) : time_for(n, fraction_);
        full_at_ = later(full_at_, more.whole);
        fraction_ = more.fraction;
    }

    /// `time_for(1, fraction)` without its divisions, which cost more than all else here.
    span time_for_one(std::uint64_t fraction) const noexcept {
        const auto sum = one_.fraction + fraction; // each below `rate`
        if (sum < rate_)
            return {one_.whole, sum};
        return {one_.whole + clock::duration(1), sum - rate_};
    }

    std::uint64_t rate_;
    std::uint64_t burst_;
    span one_;
    span all_but_one_;
    clock::time_point full_at_{};
    std::uint64_t fraction_ = 0;
    clock::duration lateness_{};
    std::optional<clock::time_point> ready_at_; // while it is waited for
    clock::time_point wake_at_;
    clock::time_point late_until_ = clock::time_point::min();
};

} // namespace streamx::detail
