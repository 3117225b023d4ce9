#pragma once

#include <streamx/core/detail/checked.hpp>
#include <streamx/core/itemwise.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

namespace detail {
struct striding {
    template <class T>
    bool keeps(T&) noexcept {
        const bool kept = to_drop == 0;
        to_drop = kept ? step - 1 : to_drop - 1;
        return kept;
    }

    std::size_t step;
    std::size_t to_drop = 0;
};
} // namespace detail

/// The stream that `stride` makes: every so manieth of upstream's items.
template <async_stream Up>
using stride_stream = itemwise_stream<Up, detail::striding>;

/// Passes on the first item and then every `step`th one. Throws `std::invalid_argument` if `step`
/// is 0.
/// @marble  `-1--2--3--4-|`  ->  `stride(2)`  ->  `-1-----3----|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  stride (ranges)
[[nodiscard]] inline auto stride(std::size_t step) {
    return itemwise(
        detail::striding{detail::checked_size(step, "stride: step must be at least 1")});
}

} // namespace streamx
