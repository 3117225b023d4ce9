#pragma once

#include <streamx/core/detail/flatten.hpp>

#include <utility>

namespace streamx {

/// Passes each item through a function that makes a stream of it, and gives the items of the newest of
/// these: when the next comes, the one before is let go of. Upstream is asked before the newest
/// stream is, with each pull.
/// @marble  `-a----b---|`  ->  `switch_map(x => -x-x-x|)`  ->  `--a-a--b-b-b|`
/// @errors  upstream's and the newest stream's, unchanged; what the function throws fails the stream
/// @cancels as its own wait: no stream is asked for an item before there is room for it
/// @cost    an allocation for the set; nothing buffered
/// @others  switch_map (Rx), flatMapLatest (Akka)
template <class Fn>
[[nodiscard]] auto switch_map(Fn fn) {
    return detail::flatten(1, detail::newcomer::replaces, std::move(fn));
}

} // namespace streamx
