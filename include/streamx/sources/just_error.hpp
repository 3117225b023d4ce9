#pragma once

#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/result.hpp>

#include <concepts>
#include <exception>
#include <stdexcept>
#include <utility>

namespace streamx {

/// The stream that `just_error` makes.
template <class T, class Error>
class [[nodiscard]] just_error_stream : public detail::ready_source<just_error_stream<T, Error>> {
public:
    using value_type = T;

    explicit just_error_stream(Error e) : error_(std::move(e)) {
        if constexpr (std::same_as<Error, std::exception_ptr>)
            if (!error_)
                throw std::invalid_argument("just_error: exception must not be null");
    }

    poll<T> try_next() { streamx::throw_error(std::move(error_)); }

private:
    Error error_;
};

/// A stream of `T` that fails at once, as `throw_error` says: with an `error_code`, or an enum of
/// them such as `errc`, as a `boost::system::system_error`; with an exception, or an
/// `exception_ptr` to one, as it is.
/// @marble  `just_error<int>(e)`  ->  `-x`
/// @errors  `e`; a null pointer is refused at once, by `std::invalid_argument`
/// @cancels nothing is held, so nothing can be lost
/// @cost    no allocation but the exception's
/// @others  throw (Rx), Source.failed (Akka)
template <class T, class Error>
[[nodiscard]] just_error_stream<T, Error> just_error(Error e) {
    return just_error_stream<T, Error>(std::move(e));
}

} // namespace streamx
