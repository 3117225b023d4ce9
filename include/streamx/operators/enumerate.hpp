#pragma once

#include <streamx/core/itemwise.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

namespace detail {
struct numbering {
    template <class T>
    poll<std::pair<std::size_t, T>> make(T&& item) {
        return std::pair<std::size_t, T>(number++, std::move(item));
    }

    std::size_t number = 0;
};
} // namespace detail

/// The stream that `enumerate` makes: upstream's items, each with its number.
template <async_stream Up>
using enumerate_stream = itemwise_stream<Up, detail::numbering>;

/// Numbers the items from 0: pairs of number and item.
/// @marble  `-a--b--c-|`  ->  `enumerate()`  ->  `-(0,a)--(1,b)--(2,c)-|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  enumerate (futures), enumerate (ranges), zipWithIndex (Akka)
[[nodiscard]] inline auto enumerate() { return itemwise(detail::numbering()); }

} // namespace streamx
