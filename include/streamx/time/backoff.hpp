#pragma once

#include <streamx/time/clock_service.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace streamx {

/// How long to wait between attempts that fail one after another: `initial`, and each time `factor`
/// times as long, up to `max`. It is the policy of `retry`, of `restart` and of what reconnects.
struct backoff {
    using duration = clock_service::duration;
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    duration initial = std::chrono::milliseconds(100);
    duration max = std::chrono::seconds(30);
    double factor = 2;
    /// By what share of itself a wait may be shorter, at random, so that many who failed together
    /// don't come back together: 0 for never, 1 for anything down to nothing.
    double jitter = 0.5;
    /// How many attempts may follow one that failed, until one succeeds; 0 for none.
    std::size_t limit = unlimited;
    /// What the random numbers start from: the same ones for the same seed. Unset: others each time.
    std::optional<std::uint64_t> seed{};
};

/// The waits that a `backoff` asks for, one after another.
class backoff_delays {
public:
    using duration = backoff::duration;

    /// Throws `std::invalid_argument` if `initial` is negative or above `max`, `factor` below 1 or
    /// `jitter` not in 0 to 1.
    explicit backoff_delays(const backoff& policy);

    /// How long to wait before the next attempt; nothing when there were `limit` of them.
    std::optional<duration> next() noexcept;
    /// An attempt has succeeded: the next wait is the first one again.
    void reset() noexcept { attempts_ = 0; }
    /// How many there were since the last success.
    std::size_t attempts() const noexcept { return attempts_; }

private:
    double random() noexcept;

    backoff policy_;
    std::uint64_t state_;
    std::size_t attempts_ = 0;
    double wait_ = 0; // the last one, as it was before jitter
};

} // namespace streamx
