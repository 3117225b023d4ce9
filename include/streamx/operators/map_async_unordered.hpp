#pragma once

#include <streamx/core/detail/async_mapping.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

/// Passes each item through an asynchronous function, `n` at once, and gives the results as they
/// come. `f` is as for `map_async`. Throws `std::invalid_argument` if `n` is 0.
/// @marble  `-1-2-3-|`  ->  `map_async_unordered(2, x => after(x == 1 ? 4s : 1s) x)`  ->  `----213|`
/// @errors  upstream's, when what is in flight has been given; the first failure of `f`: all else that
///          is in flight is then cancelled (terminal) and waited for, and what was made nevertheless
///          is given before
/// @cancels as its own wait: what is in flight goes on, and no item is lost; a stream that is destroyed
///          cancels what is in flight and does not wait for it, as a destructor cannot:
///          `async_for_each(n)` does
/// @cost    at most `n` items; no allocation an item but those of `f`
/// @others  buffer_unordered (futures), flat_map (Rx), mapAsyncUnordered (Akka)
template <class Fn>
[[nodiscard]] auto map_async_unordered(std::size_t n, Fn f) {
    return detail::map_async(
        n,
        detail::made_order::of_completion,
        "map_async_unordered: n must be at least 1",
        std::move(f));
}

} // namespace streamx
