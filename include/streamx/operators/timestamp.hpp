#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/itemwise.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <memory>
#include <utility>

namespace streamx {

namespace detail {
struct stamper {
    template <class T>
    poll<std::pair<clock::time_point, T>> make(T&& item) {
        return std::pair<clock::time_point, T>(time->now(), std::move(item));
    }

    std::shared_ptr<clock> time;
};
} // namespace detail

/// Says when each item came: pairs of that time, by the steady clock of `clock_service`, and the item.
/// @marble  `--a-b|`  ->  `timestamp()`  ->  `--(2,a)-(4,b)|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; a look at the clock an item
/// @others  timestamp (Rx)
[[nodiscard]] inline auto timestamp() {
    return adaptor([]<async_stream Up>(Up up) {
        detail::stamper stamp{detail::clock::of(detail::context_of(up))};
        return itemwise_stream<Up, detail::stamper>(std::move(up), std::move(stamp));
    });
}

} // namespace streamx
