#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>

#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

namespace boost::asio {
template <class>
class basic_yield_context; // of <boost/asio/spawn.hpp>, which needs Boost.Context
}

namespace streamx::detail {

template <class Token>
inline constexpr bool is_yield_context = false;
template <class Executor>
inline constexpr bool is_yield_context<boost::asio::basic_yield_context<Executor>> = true;

template <class Signature>
inline constexpr bool begins_with_a_failure = false;
template <class R, class... Results>
inline constexpr bool begins_with_a_failure<R(std::exception_ptr, Results...)> = true;

/// `async_initiate`, also for a signature that begins with an `exception_ptr`, which Boost 1.81's
/// `yield_context` cannot take: with a value it does not compile, without one it throws a null
/// exception. For it the results come as a tuple.
template <class Signature, class Initiation, class Token, class... Args>
auto initiate(Initiation&& initiation, Token&& token, Args&&... args) {
    if constexpr (
        is_yield_context<std::remove_cvref_t<Token>> && begins_with_a_failure<Signature>) {
        auto as_tuple = boost::asio::as_tuple(token);
        auto results = boost::asio::async_initiate<decltype(as_tuple), Signature>(
            std::forward<Initiation>(initiation), as_tuple, std::forward<Args>(args)...);
        if (std::get<0>(results))
            std::rethrow_exception(std::get<0>(results));
        if constexpr (std::tuple_size_v<decltype(results)> == 2)
            return std::get<1>(std::move(results));
    } else {
        return boost::asio::async_initiate<Token, Signature>(
            std::forward<Initiation>(initiation), token, std::forward<Args>(args)...);
    }
}

} // namespace streamx::detail
