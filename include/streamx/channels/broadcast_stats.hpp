#pragma once

#include <streamx/channels/overflow.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace streamx {

/// What a broadcast has done so far. The counts are exact; together they are one moment's picture.
struct broadcast_stats {
    std::uint64_t put = 0;         ///< items accepted
    std::uint64_t delivered = 0;   ///< items taken, added up over all subscribers
    std::uint64_t dropped = 0;     ///< items that a subscriber's policy cost it, added up likewise
    std::uint64_t undelivered = 0; ///< items that a subscriber had not taken when it left, likewise
    std::uint64_t discarded = 0;   ///< items put under `no_subscribers::discard`
    std::size_t subscribers = 0;
    std::size_t puts_waiting = 0;
    std::uint64_t times_blocked = 0; ///< how often a put had to wait
    /// For how long, added up over all puts. This and what follows goes by the clock of the
    /// broadcast's executor.
    std::chrono::nanoseconds blocked_for{0};
    bool held_back = false; ///< puts wait now
    /// The name of a subscriber that they wait for; or, in words, that there is none, or that others have
    /// what is left of the budget.
    std::string held_back_by;
    /// How long the first of them has waited, being the first.
    std::chrono::nanoseconds held_for{0};
};

/// The same of one subscription.
struct subscription_stats {
    std::string name;
    streamx::overflow policy = streamx::overflow::wait; ///< now: patience with it may have ended
    std::uint64_t delivered = 0;                        ///< items taken
    std::uint64_t missed = 0;                           ///< items that its policy cost it
    std::uint64_t lag = 0;                              ///< items that are there for it now
    bool holds_back = false; ///< a put waits for it now, and has for so long
    std::chrono::nanoseconds held_for{0};
};

} // namespace streamx
