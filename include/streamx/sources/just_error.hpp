#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `just_error` makes.
template <class T>
class [[nodiscard]] just_error_stream : public detail::ready_source<just_error_stream<T>> {
public:
    using value_type = T;

    explicit just_error_stream(std::exception_ptr failure) : failure_(std::move(failure)) {
        if (!failure_)
            throw std::invalid_argument("just_error: exception must not be null");
    }

    poll<T> try_next() { std::rethrow_exception(failure_); }

private:
    std::exception_ptr failure_;
};

/// A stream of `T` that fails at once: with an exception, or an `exception_ptr` to one, as it is;
/// with an `error_code`, or an enum of them such as `errc`, as a `boost::system::system_error`.
/// @marble  `just_error<int>(e)`  ->  `-#`
/// @errors  `e`; a null pointer is refused at once by `std::invalid_argument`
/// @cancels nothing is held, so nothing can be lost
/// @cost    one allocation, for the exception
/// @others  throwError (Rx), Source.failed (Akka)
template <class T, class Error>
[[nodiscard]] just_error_stream<T> just_error(Error e) {
    if constexpr (std::same_as<Error, std::exception_ptr>) {
        return just_error_stream<T>(std::move(e));
    } else if constexpr (std::convertible_to<Error, error_code>) {
        return just_error_stream<T>(make_failure(e, "just_error"));
    } else {
        static_assert(
            !std::is_enum_v<Error>,
            "just_error: this enum is neither an exception nor an error_code");
        return just_error_stream<T>(std::make_exception_ptr(std::move(e)));
    }
}

} // namespace streamx
