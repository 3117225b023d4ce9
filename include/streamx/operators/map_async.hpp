#pragma once

#include <streamx/core/detail/async_mapping.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

/// Passes each item through an asynchronous function, `n` at once, and gives the results in the order
/// of the items. `f(item)` returns an `asio::awaitable`, or `f(item, token)` takes any completion
/// token and returns what the operation that it starts returns; an error in front of that operation's
/// results is a failure. Throws `std::invalid_argument` if `n` is 0.
///
/// An item is taken from upstream only by a pull, and at most `n` are taken whose results have not
/// been. What is in flight goes on whether or not anybody pulls. `f` and what it starts run on the
/// executor that the stream is pulled on, which must not run it on two threads at once.
/// @marble  `-1-2-3-|`  ->  `map_async(2, x => after(3s) x)`  ->  `----1-2-(3|)`
/// @errors  upstream's, when what is in flight has been given; the first failure of `f`, in order:
///          what is in flight behind it is then cancelled (terminal) and waited for
/// @cancels as its own wait: what is in flight goes on, and no item is lost; a stream that is destroyed
///          cancels what is in flight and does not wait for it, as a destructor cannot:
///          `async_for_each(n)` does
/// @cost    at most `n` items; a coroutine is kept for each slot, so that a function that completes
///          without waiting costs about what a call in a coroutine does, and no allocation but its own
/// @others  buffered (futures), flat_map_sequential (Rx), mapAsync (Akka)
template <class Fn>
[[nodiscard]] auto map_async(std::size_t n, Fn f) {
    return detail::map_async(
        n, detail::made_order::of_input, "map_async: n must be at least 1", std::move(f));
}

/// The same, one at a time: the next item is taken when the result of the last one has been.
template <class Fn>
[[nodiscard]] auto map_async(Fn f) {
    return map_async(1, std::move(f));
}

} // namespace streamx
