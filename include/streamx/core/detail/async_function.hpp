#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/completion.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx::detail {

/// What the user's asynchronous function is: what it makes, and of which of the two kinds it is.
template <class T>
struct started {
    static constexpr bool valid = false;
    using made = std::monostate;
};
template <class T>
struct started<asio::awaitable<T>> {
    static constexpr bool valid = true;
    using made = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
};
template <class Op>
    requires asio::is_async_operation<Op>::value
struct started<Op> {
    static constexpr bool valid = true;
    using made = item_of_operation<Op>;
};

template <class>
inline constexpr bool is_coroutine_start = false;
template <class T>
inline constexpr bool is_coroutine_start<asio::awaitable<T>> = true;

/// What comes of a call that is of neither kind.
struct not_asynchronous {};

/// Calls `fn` as what it is: `fn(arg)`, which returns an `asio::awaitable`, or `fn(arg, token)`,
/// which returns what an asynchronous operation returns; with `asio::deferred` that is the operation.
template <class Fn, class Arg>
decltype(auto) start_async(Fn& fn, Arg&& arg) {
    if constexpr (std::invocable<Fn&, Arg>) {
        if constexpr (is_coroutine_start<std::invoke_result_t<Fn&, Arg>>)
            return std::invoke(fn, std::forward<Arg>(arg));
        else
            return not_asynchronous();
    } else if constexpr (std::invocable<Fn&, Arg, asio::deferred_t>) {
        if constexpr (asio::is_async_operation<std::remove_cvref_t<
                          std::invoke_result_t<Fn&, Arg, asio::deferred_t>>>::value)
            return std::invoke(fn, std::forward<Arg>(arg), asio::deferred_t());
        else
            return not_asynchronous();
    } else {
        return not_asynchronous();
    }
}

template <class Fn, class Arg>
using started_by =
    started<std::remove_cvref_t<decltype(start_async(std::declval<Fn&>(), std::declval<Arg>()))>>;

/// What an asynchronous function makes of an argument; says so if it isn't one.
template <class Fn, class Arg>
struct made_by {
    static_assert(
        started_by<Fn, Arg>::valid,
        "the function must be asynchronous: either `f(item)` returns an `asio::awaitable`, or "
        "`f(item, token)` takes any completion token and returns what the operation that it starts "
        "returns. One that returns a value is for the operator without `async`, such as `map`");
    using type = typename started_by<Fn, Arg>::made;
};

template <class Fn>
struct async_callable {
    template <class T>
    using with = std::bool_constant<started_by<Fn, T>::valid>;
};

/// What an asynchronous function is handed of an item of type `T`.
template <class Fn, class T>
using shown_to_async_t = shown_if_t<T, async_callable<Fn>::template with>;

} // namespace streamx::detail
