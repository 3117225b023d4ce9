#pragma once

#include <streamx/channels/detail/pumped_stream.hpp>
#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace streamx {

/// Moves the rest of a pipeline to another executor, such as a strand: what comes before is pulled on
/// its own executor by a loop of its own, from the first pull on, and handed over through a channel
/// for `capacity` items. A stream that has no executor of its own is pulled on `ex` as well. The
/// executor that it is pulled on runs one handler at a time: a strand, or a context that one thread
/// runs. Throws `std::invalid_argument` if `capacity` is 0.
/// @marble  `-1-2-3-|`  ->  `via(strand, 16)`  ->  `-1-2-3-|`
/// @errors  upstream's, behind what has been handed over
/// @cancels as that of a channel's receiver: no item is lost; when the stream is destroyed the loop is
///          cancelled, and upstream destroyed on its executor
/// @cost    a channel and a loop; at most `capacity` items, and one that waits for room
/// @others  observe_on (Rx), async (Akka)
[[nodiscard]] inline auto via(asio::any_io_executor ex, std::size_t capacity) {
    detail::checked_size(capacity, "via: capacity must be at least 1");
    return adaptor([ex = std::move(ex), capacity]<async_stream Up>(Up up) {
        auto home = ex;
        if constexpr (!std::is_same_v<executor_t<Up>, no_executor>)
            home = up.get_executor();
        return detail::pumped_stream<Up>(home, ex, std::move(up), {capacity});
    });
}

} // namespace streamx
