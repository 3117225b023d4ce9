#pragma once

#include <streamx/core/detail/checked.hpp>

#include <cstddef>

namespace streamx {

/// What a broadcast without subscribers does with an item: `no_subscribers::wait`, `discard`,
/// `fail` or `buffer(n)`.
class no_subscribers {
public:
    static const no_subscribers wait;    ///< the put waits for the first subscriber
    static const no_subscribers discard; ///< it is accepted and dropped: counted, and it goes to
                                         ///< `on_undelivered`
    static const no_subscribers fail;    ///< the put fails with `errc::no_subscribers`

    /// The next to subscribe gets it; once there are `n` such items the put waits.
    static no_subscribers buffer(std::size_t n) {
        detail::checked_size(n, "no_subscribers::buffer: size must be at least 1");
        return {kind::buffer, n};
    }

    friend constexpr bool operator==(const no_subscribers&, const no_subscribers&) = default;

    /// How many items may be kept for the next subscriber.
    constexpr std::size_t room() const noexcept { return room_; }

private:
    enum class kind : unsigned char { wait, discard, fail, buffer };
    constexpr no_subscribers(kind k, std::size_t room) noexcept : kind_(k), room_(room) {}

    kind kind_;
    std::size_t room_;
};

inline constexpr no_subscribers no_subscribers::wait{kind::wait, 0};
inline constexpr no_subscribers no_subscribers::discard{kind::discard, 0};
inline constexpr no_subscribers no_subscribers::fail{kind::fail, 0};

} // namespace streamx
