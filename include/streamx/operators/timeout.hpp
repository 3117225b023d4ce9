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
struct timeout_each {
    using value_type = T;

    template <class Input>
    poll<T> next(Input& in) {
        auto item = in.try_next();
        if (!item.is_pending()) {
            due.reset();
            return item;
        }
        const auto now = in.now();
        if (!due)
            due = later(now, length);
        else if (now >= *due)
            throw boost::system::system_error(asio::error::timed_out, "timeout");
        return pending;
    }

    clock::time_point until() const noexcept { return due.value_or(at_once); }

    clock::duration length;
    std::optional<clock::time_point> due; // while an item is waited for
};
} // namespace detail

/// Fails when upstream takes longer than `length` for an item, or for its end, counted from when it
/// was asked in vain. A consumer that takes its time between two pulls does not count.
/// With 0 it fails where it would have to wait.
/// Throws `std::invalid_argument` if `length` is negative.
/// @marble  `-1---------`  ->  `timeout(4s)`  ->  `-1---x`
/// @errors  `asio::error::timed_out`; upstream's, unchanged
/// @cancels nothing is held, so nothing can be lost; the time of a pull that was cancelled goes on
///          for the next
/// @cost    one allocation; nothing buffered; a timer where it has to wait
/// @others  timeout (Rx), idleTimeout (Akka)
[[nodiscard]] inline auto timeout(clock_service::duration length) {
    detail::not_negative(length, "timeout: length must not be negative");
    return detail::timed([length]<class T> { return detail::timeout_each<T>{length, {}}; });
}

} // namespace streamx
