#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/itemwise.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace streamx {

namespace detail {
struct first_in_window {
    template <class T>
    bool keeps(T&) {
        const auto now = time->now();
        if (closed_until && now < *closed_until)
            return false;
        closed_until = later(now, window);
        return true;
    }

    std::shared_ptr<clock> time;
    clock::duration window;
    std::optional<clock::time_point> closed_until;
};
} // namespace detail

/// Passes on an item and drops what comes in the time `window` after it, again and again.
/// `rate_limit` is for those who want to lose nothing. With 0 it drops nothing.
/// Throws `std::invalid_argument` if `window` is negative.
/// @marble  `-1-2-3-4-5-|`  ->  `throttle_first(3s)`  ->  `-1---3---5-|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, nothing buffered; a look at the clock an item
/// @others  throttleFirst (Rx)
[[nodiscard]] inline auto throttle_first(clock_service::duration window) {
    detail::not_negative(window, "throttle_first: window must not be negative");
    return adaptor([window]<async_stream Up>(Up up) {
        detail::first_in_window first{detail::clock::of(detail::context_of(up)), window, {}};
        return itemwise_stream<Up, detail::first_in_window>(std::move(up), std::move(first));
    });
}

} // namespace streamx
