#pragma once

#include <streamx/channels/detail/pumped_stream.hpp>
#include <streamx/channels/overflow.hpp>
#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace streamx {

/// Decouples what comes before from what comes after: from the first pull on a loop of its own pulls
/// upstream, on upstream's executor, into a channel for `capacity` items, whether or not anybody
/// pulls here. What happens while it is full `rule` says: as for a channel, but for
/// `overflow::disconnect`; `on_undelivered(item&&)`, if given, gets each item that is dropped.
/// Throws `std::invalid_argument` if `capacity` is 0.
/// @marble  `-12345---|`  ->  `buffered(2, overflow::drop_oldest)`  ->  `-1---45-|`
/// @errors  upstream's, behind what is buffered; `errc::full` with `overflow::fail`, likewise
/// @cancels as that of a channel's receiver: no item is lost; when the stream is destroyed the loop is
///          cancelled, and upstream destroyed on its executor
/// @cost    a channel and a loop; at most `capacity` items, and one that waits for room
/// @others  Stream.buffer (Rx), buffer (Akka)
template <class OnUndelivered = std::nullptr_t>
[[nodiscard]] auto buffered(
    std::size_t capacity, overflow rule = overflow::wait, OnUndelivered on_undelivered = nullptr) {
    detail::checked_size(capacity, "buffered: capacity must be at least 1");
    if (rule == overflow::disconnect)
        throw std::invalid_argument(
            "buffered: overflow::disconnect is for the subscribers of a broadcast");
    return adaptor([=]<async_stream Up>(Up up) {
        static_assert(
            !std::is_same_v<executor_t<Up>, no_executor>,
            "the loop of `buffered` runs on the stream's executor, and the stream has none: give "
            "it "
            "one with `| streamx::on(executor)` before the operator");
        const asio::any_io_executor ex(up.get_executor());
        return detail::pumped_stream<Up>(ex, ex, std::move(up), {capacity, rule, on_undelivered});
    });
}

} // namespace streamx
