#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace streamx {

/// What a channel has done so far. The counts are exact; together they are one moment's picture.
struct channel_stats {
    std::uint64_t sent = 0;     ///< items accepted
    std::uint64_t received = 0; ///< items taken by a receiver
    std::uint64_t dropped = 0;  ///< items that an overflow policy dropped
    std::uint64_t undelivered =
        0;                      ///< items accepted but never taken, because the last receiver went
    std::size_t high_water = 0; ///< the most items that were in it at one time
    std::uint64_t times_blocked = 0; ///< how often a sender had to wait
    /// For how long, added up over all senders. It goes by a clock that ticks every few milliseconds
    /// (never a virtual one): right in a sum of many waits, but a single short one counts as nothing
    /// or as a tick.
    std::chrono::nanoseconds blocked_for{0};
};

} // namespace streamx
