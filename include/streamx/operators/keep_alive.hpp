#pragma once

#include <streamx/core/poll.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timed_stream.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace streamx {

namespace detail {
template <class T, class Make>
struct keeper_alive {
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
        if (now < *due)
            return pending;
        due.reset();
        return T(std::invoke(make));
    }

    clock::time_point until() const noexcept { return due.value_or(at_once); }

    clock::duration length;
    Make make;
    std::optional<clock::time_point> due{}; // while an item is waited for
};
} // namespace detail

/// Gives what `make()` returns when upstream has given nothing for `length`, counted from when it was
/// asked in vain, and again after each further `length`.
/// Throws `std::invalid_argument` if `length` is not positive.
/// @marble  `-1-------2-|`  ->  `keep_alive(3s, [] { return 0; })`  ->  `-1--0--0-2-|`
/// @errors  upstream's, unchanged; what `make` throws fails the stream
/// @cancels nothing is held, so nothing can be lost; the time of a pull that was cancelled goes on
///          for the next
/// @cost    one allocation; nothing buffered; a timer where it has to wait
/// @others  keepAlive (Akka)
template <class Make>
[[nodiscard]] auto keep_alive(clock_service::duration length, Make make) {
    detail::positive(length, "keep_alive: length must be positive");
    return detail::timed([length, make = std::move(make)]<class T>() mutable {
        return detail::keeper_alive<T, Make>{length, std::move(make)};
    });
}

} // namespace streamx
