#pragma once

#include <streamx/core/poll.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timed_stream.hpp>

#include <optional>
#include <utility>

namespace streamx {

namespace detail {
template <class T>
struct debouncer {
    using value_type = T;

    template <class Input>
    poll<T> next(Input& in) {
        if (held && in.now() >= due)
            return *std::exchange(held, std::nullopt);
        bool more = false;
        in.each_ready([&](T&& item) {
            more = true;
            held.reset();
            held.emplace(std::move(item));
            return true;
        });
        if (in.over()) {
            if (held)
                return *std::exchange(held, std::nullopt);
            return in.finish();
        }
        if (more)
            due = later(in.now(), quiet);
        return pending;
    }

    clock::time_point until() const noexcept { return held ? due : never_again; }

    clock::duration quiet;
    std::optional<T> held;
    clock::time_point due; // of what is held
};
} // namespace detail

/// Passes on an item when no other has come in the time `quiet` after it; of those that come faster
/// the last. What was held at the end comes with the end, and before a failure.
/// With 0 it passes on the last of those that come at once.
/// Throws `std::invalid_argument` if `quiet` is negative.
/// @marble  `-12-3------4-|`  ->  `debounce(3s)`  ->  `-------3-----(4|)`
/// @errors  upstream's, after the item that was held
/// @cancels the item that is held stays for the next pull, and its time goes on
/// @cost    one allocation; one item held; a timer an item that is followed by a pause
/// @others  debounce (Rx)
[[nodiscard]] inline auto debounce(clock_service::duration quiet) {
    detail::not_negative(quiet, "debounce: quiet must not be negative");
    return detail::timed([quiet]<class T> { return detail::debouncer<T>{quiet, {}, {}}; });
}

} // namespace streamx
