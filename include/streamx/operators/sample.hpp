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
struct sampler {
    using value_type = T;

    template <class Input>
    poll<T> next(Input& in) {
        const auto now = in.now();
        if (!due)
            due = later(now, period);
        if (now >= *due) {
            due = later(*due + (now - *due) / period * period, period); // the end of this period
            if (held)
                return *std::exchange(held, std::nullopt);
        }
        in.each_ready([&](T&& item) {
            held.reset();
            held.emplace(std::move(item));
            return true;
        });
        if (!in.over())
            return pending;
        if (held)
            return *std::exchange(held, std::nullopt);
        return in.finish();
    }

    clock::time_point until() const noexcept { return held ? *due : never_again; }

    clock::duration period;
    std::optional<T> held;
    std::optional<clock::time_point> due{}; // from the first pull on
};
} // namespace detail

/// Passes on the last item of each period, if one came in it. The first period begins with the
/// first pull. What was held at the end comes with the end, and before a failure.
/// Throws `std::invalid_argument` if `period` is not positive.
/// @marble  `-1-2-3-4-|`  ->  `sample(4s)`  ->  `----2---4|`
/// @errors  upstream's, after the item that was held
/// @cancels the item that is held stays for the next pull
/// @cost    one allocation; one item held; a timer a period in which an item came
/// @others  sample (Rx)
[[nodiscard]] inline auto sample(clock_service::duration period) {
    detail::positive(period, "sample: period must be positive");
    return detail::timed([period]<class T> { return detail::sampler<T>{period, {}}; });
}

} // namespace streamx
