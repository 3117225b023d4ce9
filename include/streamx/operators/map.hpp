#pragma once

#include <streamx/core/itemwise.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {
template <class Fn>
struct mapper {
    template <class T>
        requires std::invocable<Fn&, T>
    auto make(T&& item) {
        using result = std::invoke_result_t<Fn&, T>;
        static_assert(
            !std::is_void_v<result>,
            "map: the function returns nothing; `inspect` is for side effects");
        return poll<std::decay_t<result>>(std::invoke(fn, std::forward<T>(item)));
    }

    [[no_unique_address]] Fn fn;
};
} // namespace detail

/// The stream that `map` makes: upstream's items, each passed through a function.
template <async_stream Up, class Fn>
using map_stream = itemwise_stream<Up, detail::mapper<Fn>>;

/// Passes each item through a function.
/// @marble  `-1--2--3-|`  ->  `map(x => x * 10)`  ->  `-10--20--30-|`
/// @errors  upstream's, unchanged; what the function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  map (futures), transform (ranges), map (Rx), map (Akka)
template <class Fn>
[[nodiscard]] auto map(Fn fn) {
    return itemwise(detail::mapper<Fn>{std::move(fn)});
}

} // namespace streamx
