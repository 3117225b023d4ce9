#pragma once

#include <streamx/core/asio.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/is_error_code_enum.hpp>

#include <type_traits>

namespace streamx::io {

/// Why a WebSocket was closed (RFC 6455, section 7.4.1), as an `error_code`. Applications use values
/// from 3000 on, `static_cast<close_code>(4001)`.
enum class close_code {
    normal = 1000,
    going_away = 1001, ///< a page was left, a server stops
    protocol_error = 1002,
    unsupported_data = 1003,
    none = 1005,     ///< closed without a code; never sent
    abnormal = 1006, ///< the connection broke off without a close; never sent
    bad_payload = 1007,
    policy = 1008,
    too_big = 1009,
    needs_extension = 1010,
    internal_error = 1011,
    restart = 1012,
    try_again_later = 1013,
};

/// The category of what a WebSocket was closed with; its codes compare equal to `condition::closed`, and
/// those of a broken agreement to `condition::protocol_violation`.
const boost::system::error_category& close_code_category() noexcept;

boost::system::error_code make_error_code(close_code code) noexcept;

} // namespace streamx::io

template <>
struct boost::system::is_error_code_enum<streamx::io::close_code> : std::true_type {};
