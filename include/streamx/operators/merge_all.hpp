#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/flatten.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <utility>

namespace streamx {

/// Merges the streams that a stream of streams gives, as they come: each item as it is ready, fair
/// round robin. At most `n` at once, without a limit if it is not given: the next stream is taken when
/// one has ended. Ends when upstream and all of them have ended.
/// Throws `std::invalid_argument` if `n` is 0.
/// @marble  `-A--B----|`, `A: -1--2|`, `B: -a-b|`  ->  `merge_all()`  ->  `--1--(2a)-b-|`
/// @errors  the first failure of upstream or of one of the streams, unchanged; the others are released
/// @cancels no stream is asked for an item before there is room for it, so none is lost
/// @cost    one allocation, and one for each stream that there is at once; O(1) an item whatever their
///          number; nothing buffered
/// @others  flatten_unordered (futures), merge (Rx), flatMapMerge (Akka)
[[nodiscard]] inline auto merge_all(std::size_t n = std::numeric_limits<std::size_t>::max()) {
    detail::checked_size(n, "merge_all: n must be at least 1");
    return detail::flatten(n, detail::newcomer::waits_for_room, std::identity());
}

/// The same as a function of the stream of streams.
template <async_stream Outer>
    requires async_stream<item_t<Outer>>
[[nodiscard]] auto
merge_all(Outer streams, std::size_t n = std::numeric_limits<std::size_t>::max()) {
    return std::move(streams) | merge_all(n);
}

} // namespace streamx
