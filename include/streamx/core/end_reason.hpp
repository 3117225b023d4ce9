#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/error.hpp>

#include <exception>

namespace streamx {

/// How something that runs has come to its end. There are three ways, and being cancelled is no failure.
enum class end_reason {
    done,
    failed,
    cancelled, ///< with `asio::error::operation_aborted`
};

/// Which of these it is, by what an operation completed with in front of its results.
inline end_reason to_end_reason(const std::exception_ptr& failure) noexcept {
    if (!failure)
        return end_reason::done;
    return to_error_code(failure) == asio::error::operation_aborted ? end_reason::cancelled
                                                                    : end_reason::failed;
}
inline end_reason to_end_reason(error_code ec) noexcept {
    if (!ec)
        return end_reason::done;
    return ec == asio::error::operation_aborted ? end_reason::cancelled : end_reason::failed;
}

} // namespace streamx
