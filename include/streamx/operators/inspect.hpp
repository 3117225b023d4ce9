#pragma once

#include <streamx/core/itemwise.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

namespace detail {
template <class Fn>
struct shown_to {
    template <class T>
        requires std::invocable<Fn&, const T&>
    bool keeps(T& item) {
        std::invoke(fn, std::as_const(item));
        return true;
    }

    [[no_unique_address]] Fn fn;
};
} // namespace detail

/// The stream that `inspect` makes: upstream's items, each shown to a function on its way.
template <async_stream Up, class Fn>
using inspect_stream = itemwise_stream<Up, detail::shown_to<Fn>>;

/// Shows each item to a function and passes it on unchanged.
/// @marble  `-1--2--3-|`  ->  `inspect(print)`  ->  `-1--2--3-|`
/// @errors  upstream's, unchanged; what the function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  inspect (futures), tap, doOnNext (Rx), wireTap (Akka)
template <class Fn>
[[nodiscard]] auto inspect(Fn fn) {
    return itemwise(detail::shown_to<Fn>{std::move(fn)});
}

} // namespace streamx
