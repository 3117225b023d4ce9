#pragma once

#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/async_function.hpp>
#include <streamx/core/detail/in_flight_stream.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx {

namespace detail {

template <class T, class Fn>
struct async_filtering {
    static constexpr const char* name = "filter_async";
    // The value of a carrier, or the carrier if that is what the function takes.
    using shown = std::
        conditional_t<started_by<Fn, const carried_t<T>&>::valid, const carried_t<T>&, const T&>;
    using made = typename made_by<Fn, shown>::type;
    using value_type = T;
    using key = std::monostate;

    static_assert(std::convertible_to<made, bool>, "filter_async: the function must make a bool");

    auto start(T& item) {
        if constexpr (std::is_same_v<shown, const T&>)
            return start_async(fn, std::as_const(item));
        else
            return start_async(fn, std::as_const(value_in(item)));
    }
    poll<T> finish(T& item, made&& keep) {
        if (keep)
            return std::move(item);
        settle<const T&>(item);
        return pending;
    }

    Fn fn;
};

} // namespace detail

/// Passes on the items for which an asynchronous function says true, asking for `n` at once, in
/// order. `f(const item&)` returns an `asio::awaitable<bool>`, or `f(const item&, token)` starts an
/// operation that makes a `bool`; the item stays where it is until then. Throws
/// `std::invalid_argument` if `n` is 0.
/// @marble  `-1-2-3-|`  ->  `filter_async(2, x => after(2s) x != 2)`  ->  `---1---(3|)`
/// @errors  as those of `map_async`
/// @cancels as its own wait: what is in flight goes on, and no item is lost; a stream that is destroyed
///          cancels what is in flight
/// @cost    at most `n` items; no allocation an item but those of `f`
/// @others  filter (futures), filterWhen (Rx)
template <class Fn>
[[nodiscard]] auto filter_async(std::size_t n, Fn f) {
    return detail::with_in_flight(
        n,
        detail::made_order::of_input,
        "filter_async: n must be at least 1",
        [f = std::move(f)]<class T>() mutable {
            return detail::async_filtering<T, Fn>{std::move(f)};
        });
}

/// The same, one at a time.
template <class Fn>
[[nodiscard]] auto filter_async(Fn f) {
    return filter_async(1, std::move(f));
}

} // namespace streamx
