#pragma once

#include <streamx/core/itemwise.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

namespace detail {
struct dropping {
    template <class T>
    bool keeps(T&) noexcept {
        if (left == 0) [[likely]]
            return true;
        --left;
        return false;
    }

    std::size_t left;
};
} // namespace detail

/// The stream that `drop` makes: upstream's items but for the first ones.
template <async_stream Up>
using drop_stream = itemwise_stream<Up, detail::dropping>;

/// Drops the first `count` items and passes on the rest.
/// @marble  `-1--2--3--4-|`  ->  `drop(2)`  ->  `-------3--4-|`
/// @errors  upstream's, unchanged, also while items are dropped
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  skip (futures), drop (ranges), skip (Rx), drop (Akka)
[[nodiscard]] inline auto drop(std::size_t count) { return itemwise(detail::dropping{count}); }

} // namespace streamx
