#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/system/is_error_code_enum.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx::detail {

/// What an operation may say in front of its results: also a null pointer, or an enum, that its
/// signature would have made an `exception_ptr` or an `error_code`.
template <class T>
concept failure_type =
    std::same_as<T, error_code> || std::same_as<T, std::exception_ptr> ||
    std::same_as<T, std::nullptr_t> || boost::system::is_error_code_enum<T>::value;

inline std::exception_ptr failure_from(error_code ec, const char* what) {
    return ec ? make_failure(ec, what) : nullptr;
}
inline std::exception_ptr failure_from(std::exception_ptr failure, const char*) { return failure; }

/// The item that the results of an operation make.
template <class... Results>
struct item_of {
    using type = std::tuple<std::decay_t<Results>...>;
};
template <class Result>
struct item_of<Result> {
    using type = std::decay_t<Result>;
};
template <>
struct item_of<> {
    using type = std::monostate;
};
template <failure_type Failure, class... Results>
struct item_of<Failure, Results...> : item_of<Results...> {};
template <failure_type Failure>
struct item_of<Failure> : item_of<> {};

template <class R, class... Results>
item_of<Results...> item_of_signature(R (*)(Results...));

/// The item that an operation made with `asio::deferred` makes.
template <class Op>
using item_of_operation = typename decltype(item_of_signature(
    static_cast<asio::completion_signature_of_t<Op>*>(nullptr)))::type;

/// Calls `give(results...)` with what an operation has completed with, or throws the failure that
/// came in front of it, in the name of `what`.
template <class Give>
void take_completion(const char*, Give&& give) {
    give();
}
template <class Give, class First, class... Rest>
void take_completion(const char* what, Give&& give, First&& first, Rest&&... rest) {
    if constexpr (!failure_type<std::remove_cvref_t<First>>)
        give(std::forward<First>(first), std::forward<Rest>(rest)...);
    else if (auto failure = failure_from(std::forward<First>(first), what))
        std::rethrow_exception(std::move(failure));
    else
        give(std::forward<Rest>(rest)...);
}

} // namespace streamx::detail
