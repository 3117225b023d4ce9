#pragma once

#include <streamx/core/poll.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timed_stream.hpp>

#include <optional>

namespace streamx {

namespace detail {
template <class T>
struct take_in_time {
    using value_type = T;

    template <class Input>
    poll<T> next(Input& in) {
        const auto now = in.now();
        if (!due)
            due = later(now, length);
        if (now >= *due)
            return end;
        return in.try_next();
    }

    clock::time_point until() const noexcept { return due.value_or(at_once); }

    clock::duration length;
    std::optional<clock::time_point> due; // from the first pull on
};
} // namespace detail

/// Passes on what comes in the time `length` after the first pull, and ends then: at once with 0.
/// Throws `std::invalid_argument` if `length` is negative.
/// @marble  `-1-2-3-4-5-`  ->  `take_for(4s)`  ->  `-1-2|`
/// @errors  upstream's, unchanged
/// @cancels nothing is held, so nothing can be lost
/// @cost    one allocation; nothing buffered; a look at the clock an item
/// @others  take (Rx), takeWithin (Akka)
[[nodiscard]] inline auto take_for(clock_service::duration length) {
    detail::not_negative(length, "take_for: length must not be negative");
    return detail::timed([length]<class T> { return detail::take_in_time<T>{length, {}}; });
}

} // namespace streamx
