#pragma once

#include <streamx/core/itemwise.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {
template <class Fn>
struct filter_mapper {
    template <class T>
        requires std::invocable<Fn&, T>
    auto make(T&& item) {
        auto made = std::invoke(fn, std::forward<T>(item));
        using result = poll<std::decay_t<decltype(*made)>>;
        return made ? result(*std::move(made)) : result(pending);
    }

    [[no_unique_address]] Fn fn;
};
} // namespace detail

/// The stream that `filter_map` makes: what a function makes of upstream's items, where it makes
/// something.
template <async_stream Up, class Fn>
using filter_map_stream = itemwise_stream<Up, detail::filter_mapper<Fn>>;

/// Passes each item through a function that returns a `std::optional` (or a pointer), and drops
/// those of which it makes nothing.
/// @marble  `-1--a--3-|`  ->  `filter_map(parse)`  ->  `-1-----3-|`
/// @errors  upstream's, unchanged; what the function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  filter_map (futures), collect (Akka)
template <class Fn>
[[nodiscard]] auto filter_map(Fn fn) {
    return itemwise(detail::filter_mapper<Fn>{std::move(fn)});
}

} // namespace streamx
