#pragma once

#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/async_mapping.hpp>

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {

/// The same for one item of a key at a time.
template <class T, class KeyOf, class Fn>
struct async_mapping_by_key : async_mapping<T, Fn> {
    using key = std::decay_t<std::invoke_result_t<KeyOf&, const carried_t<T>&>>;

    async_mapping_by_key(KeyOf of, Fn f)
        : async_mapping<T, Fn>{std::move(f)}, key_of_item(std::move(of)) {}

    key key_of(const T& item) { return std::invoke(key_of_item, value_in(item)); }

    KeyOf key_of_item;
};

} // namespace detail

/// Passes each item through an asynchronous function, `n` at once but one after the other for items
/// with the same key, and gives the results as they come: those of one key in the order of its items.
/// `key(const item&)` returns something that `std::hash` knows; `f` is as for `map_async`. Throws
/// `std::invalid_argument` if `n` is 0.
///
/// The items that wait for one of their key count among the `n`: a key that has many of them in a row
/// leaves less to the others.
/// @marble  `-1-2-3-|`  ->  `map_async_keyed(3, x => x % 2, x => after(2s) x)`  ->  `---1-2-(3|)`
/// @errors  upstream's, when what is in flight has been given; the first failure of `f` or `key`: all
///          else that is in flight is then cancelled (terminal) and waited for, and what was made
///          nevertheless is given before
/// @cancels as its own wait: what is in flight goes on, and no item is lost; a stream that is destroyed
///          cancels what is in flight and does not wait for it, as a destructor cannot:
///          `async_for_each(n)` does
/// @cost    at most `n` items; an allocation for a key of which nothing is in flight
/// @others  mapAsyncPartitioned (Akka)
template <class Key, class Fn>
[[nodiscard]] auto map_async_keyed(std::size_t n, Key key, Fn f) {
    return detail::with_in_flight(
        n,
        detail::made_order::of_completion,
        "map_async_keyed: n must be at least 1",
        [key = std::move(key), f = std::move(f)]<class T>() mutable {
            return detail::async_mapping_by_key<T, Key, Fn>(std::move(key), std::move(f));
        });
}

} // namespace streamx
