#pragma once

#include <streamx/core/poll.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timed_stream.hpp>

#include <optional>
#include <utility>

namespace streamx {

namespace detail {
template <class T>
struct elapsed_before {
    using value_type = std::pair<clock::duration, T>;

    template <class Input>
    poll<value_type> next(Input& in) {
        if (!last)
            last = in.now();
        auto item = in.try_next();
        if (!item)
            return item.template without_item<value_type>();
        const auto now = in.now();
        return value_type(now - *std::exchange(last, now), *std::move(item));
    }

    clock::time_point until() const noexcept { return never_again; }

    std::optional<clock::time_point> last; // the first pull, or the last item
};
} // namespace detail

/// Says how long each item took: pairs of the time since the one before, or since the first pull,
/// and the item.
/// @marble  `--a-b|`  ->  `elapsed()`  ->  `--(2s,a)-(2s,b)|`
/// @errors  upstream's, unchanged
/// @cancels nothing is held, so nothing can be lost
/// @cost    one allocation; no copy, nothing buffered; a look at the clock an item
/// @others  timeInterval (Rx)
[[nodiscard]] inline auto elapsed() {
    return detail::timed([]<class T> { return detail::elapsed_before<T>{}; });
}

} // namespace streamx
