#pragma once

#include <streamx/core/detail/pool_mapping.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

/// Passes each item through a plain function that is called on the threads of a pool, `n` at once,
/// and gives the results in the order of the items: for work that takes a processor some time. `pool`
/// is an `asio::thread_pool`, another execution context or an executor, and outlives what it has to
/// do. `f` is called on several threads at once. Throws `std::invalid_argument` if `n` is 0.
/// @marble  `-1-2-3-|`  ->  `parallel(2, pool, x => slow(x))`  ->  `----a-b-c-|`
/// @errors  upstream's, when what is in flight has been given; the first failure of `f`, in order: what
///          is behind it and has not begun is left out, and the rest waited for
/// @cancels as its own wait: what is in flight goes on, and no item is lost; when the stream is
///          destroyed what has not begun is left out
/// @cost    at most `n` items; a trip to the pool and back for each
/// @others  ParallelFlux.runOn (Rx), mapAsync (Akka)
template <class Pool, class Fn>
[[nodiscard]] auto parallel(std::size_t n, Pool&& pool, Fn f) {
    return detail::parallel(
        n, detail::made_order::of_input, "parallel: n must be at least 1", pool, std::move(f));
}

/// The same, giving the results as they come.
template <class Pool, class Fn>
[[nodiscard]] auto parallel_unordered(std::size_t n, Pool&& pool, Fn f) {
    return detail::parallel(
        n,
        detail::made_order::of_completion,
        "parallel_unordered: n must be at least 1",
        pool,
        std::move(f));
}

} // namespace streamx
