#pragma once

#include <streamx/core/itemwise.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

namespace detail {
template <class Predicate>
struct dropping_while {
    template <class T>
        requires std::predicate<Predicate&, T&>
    bool keeps(T& item) {
        return begun || (begun = !std::invoke(predicate, item));
    }

    [[no_unique_address]] Predicate predicate;
    bool begun = false;
};
} // namespace detail

/// The stream that `drop_while` makes: upstream's items from the first that fails a predicate.
template <async_stream Up, class Predicate>
using drop_while_stream = itemwise_stream<Up, detail::dropping_while<Predicate>>;

/// Drops the items as long as a predicate holds, and passes on the first for which it does not and
/// all after it, whatever they are.
/// @marble  `-1--2--3--1-|`  ->  `drop_while(x => x < 3)`  ->  `-------3--1-|`
/// @errors  upstream's, unchanged; what the predicate throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  skip_while (futures), drop_while (ranges), skipWhile (Rx), dropWhile (Akka)
template <class Predicate>
[[nodiscard]] auto drop_while(Predicate predicate) {
    return itemwise(detail::dropping_while<Predicate>{std::move(predicate)});
}

} // namespace streamx
