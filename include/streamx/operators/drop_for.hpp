#pragma once

#include <streamx/core/detail/budget.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timed_stream.hpp>

#include <optional>

namespace streamx {

namespace detail {
template <class T>
struct drop_in_time {
    using value_type = T;

    template <class Input>
    poll<T> next(Input& in) {
        if (!due)
            due = later(in.now(), length);
        for (unsigned left = budget; left != 0; --left) {
            auto item = in.try_next();
            if (!item || over)
                return item;
            if ((over = in.now() >= *due))
                return item;
        }
        return pending;
    }

    clock::time_point until() const noexcept { return never_again; }

    clock::duration length;
    std::optional<clock::time_point> due; // from the first pull on
    bool over = false;
};
} // namespace detail

/// Drops what comes in the time `length` after the first pull, and passes on the rest: all, with 0.
/// Throws `std::invalid_argument` if `length` is negative.
/// @marble  `-1-2-3-4-|`  ->  `drop_for(4s)`  ->  `-----3-4-|`
/// @errors  upstream's, unchanged
/// @cancels nothing is held, so nothing can be lost
/// @cost    one allocation; nothing buffered; a look at the clock for an item that is dropped
/// @others  skip (Rx), dropWithin (Akka)
[[nodiscard]] inline auto drop_for(clock_service::duration length) {
    detail::not_negative(length, "drop_for: length must not be negative");
    return detail::timed([length]<class T> { return detail::drop_in_time<T>{length, {}, false}; });
}

} // namespace streamx
