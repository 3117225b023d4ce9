#pragma once

#include <streamx/core/itemwise.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

namespace detail {
template <class Predicate>
struct satisfying {
    template <class T>
        requires std::predicate<Predicate&, T&>
    bool keeps(T& item) {
        return std::invoke(predicate, item);
    }

    [[no_unique_address]] Predicate predicate;
};
} // namespace detail

/// The stream that `filter` makes: those of upstream's items that satisfy a predicate.
template <async_stream Up, class Predicate>
using filter_stream = itemwise_stream<Up, detail::satisfying<Predicate>>;

/// Passes on the items for which a predicate holds, and drops the others.
/// @marble  `-1--2--3--4-|`  ->  `filter(x => x is even)`  ->  `----2-----4-|`
/// @errors  upstream's, unchanged; what the predicate throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  filter (futures), filter (ranges), filter (Rx), filter (Akka)
template <class Predicate>
[[nodiscard]] auto filter(Predicate predicate) {
    return itemwise(detail::satisfying<Predicate>{std::move(predicate)});
}

} // namespace streamx
