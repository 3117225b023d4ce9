#pragma once

#include <streamx/core/async_stream.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

namespace streamx {

/// A value or the error that is there instead of it: Boost.System's `result`. As the items of a
/// stream they carry errors without ending it.
///
/// `E` is what you like: an `error_code`, a `std::exception_ptr`, a struct of your own. Boost asks
/// that it can be made of nothing and copied. Where a `T` could also be taken for an `E` say which it
/// is: `result<int, long>(result<int, long>::in_place_error, 5)`.
template <class T, class E = error_code>
using result = boost::system::result<T, E>;

namespace detail {
template <class>
inline constexpr bool is_result = false;
template <class T, class E>
inline constexpr bool is_result<boost::system::result<T, E>> = true;

/// One that has a value, and not only the error or nothing.
template <class>
inline constexpr bool is_value_result = false;
template <class T, class E>
inline constexpr bool is_value_result<boost::system::result<T, E>> = !std::is_void_v<T>;

template <class Item>
struct result_parts {
    using value_type = Item;
    using error_type = void;
};
template <class T, class E>
struct result_parts<boost::system::result<T, E>> {
    using value_type = T;
    using error_type = E;
};

/// The parts of a stream's items. Of items that are no results, which the operators refuse in a
/// sentence, the items themselves.
template <class S>
using item_value_t = typename result_parts<item_t<S>>::value_type;
template <class S>
using item_error_t = typename result_parts<item_t<S>>::error_type;
} // namespace detail

/// A stream whose items are `result`s of a value.
template <class S>
concept result_stream = async_stream<std::remove_cvref_t<S>> && detail::is_value_result<item_t<S>>;

/// Throws what an error stands for: an `error_code` (or an enumeration of them) as a
/// `boost::system::system_error`, what a `std::exception_ptr` points to, what a
/// `throw_exception_from_error` that is found for your type throws, and anything else, such as an
/// exception, as itself.
template <class E>
[[noreturn]] void throw_error(E error) {
    using boost::system::throw_exception_from_error;
    if constexpr (requires { throw_exception_from_error(error, boost::source_location()); })
        throw_exception_from_error(error, boost::source_location());
    else
        throw error;
}

namespace detail {
/// A function that is given to an operator for the error items of a stream ...
template <class Fn, class S>
concept function_of_errors = result_stream<S> && std::invocable<Fn&, item_error_t<S>>;

/// ... and one for the failure that ends a stream. Where a function could be either it is for the
/// items.
template <class Fn, class S>
concept function_of_failures =
    !function_of_errors<Fn, S> && std::invocable<Fn&, std::exception_ptr>;
} // namespace detail

} // namespace streamx
