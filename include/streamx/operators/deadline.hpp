#pragma once

#include <streamx/core/poll.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timed_stream.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <optional>

namespace streamx {

namespace detail {
template <class T>
struct deadline_of_all {
    using value_type = T;

    template <class Input>
    poll<T> next(Input& in) {
        const auto now = in.now();
        if (!due)
            due = later(now, length);
        if (now >= *due)
            throw boost::system::system_error(asio::error::timed_out, "deadline");
        return in.try_next();
    }

    clock::time_point until() const noexcept { return due.value_or(at_once); }

    clock::duration length;
    std::optional<clock::time_point> due; // from the first pull on
};
} // namespace detail

/// Fails when a stream has not come to its end `length` after the first pull: at once with 0.
/// Throws `std::invalid_argument` if `length` is negative.
/// @marble  `-1-2-3-4-5-`  ->  `deadline(4s)`  ->  `-1-2x`
/// @errors  `asio::error::timed_out`; upstream's, unchanged
/// @cancels nothing is held, so nothing can be lost
/// @cost    one allocation; nothing buffered; a look at the clock an item
/// @others  completionTimeout (Akka)
[[nodiscard]] inline auto deadline(clock_service::duration length) {
    detail::not_negative(length, "deadline: length must not be negative");
    return detail::timed([length]<class T> { return detail::deadline_of_all<T>{length, {}}; });
}

} // namespace streamx
