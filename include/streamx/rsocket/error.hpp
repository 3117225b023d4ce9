#pragma once

#include <streamx/core/asio.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/is_error_code_enum.hpp>

#include <cstdint>
#include <type_traits>

namespace streamx::rsocket {

/// The error codes of RSocket 1.0 ("Error Codes" of its protocol). Values from 0x301 on are the
/// application's own and are kept as they come. What fails with one of these carries the peer's text in
/// the `what()` of its `boost::system::system_error`.
enum class errc : std::uint32_t {
    invalid_setup = 0x001,     ///< the SETUP frame makes no sense to the server
    unsupported_setup = 0x002, ///< the SETUP asks for something that the server does not do
    rejected_setup = 0x003, ///< the server wants no connection with this client: a wrong token, say
    rejected_resume = 0x004,   ///< the session cannot be resumed: what was open in it is lost
    connection_error = 0x101,  ///< the connection ends at once, as the protocol was not kept to
    connection_close = 0x102,  ///< the connection ends when its streams have: no new requests
    application_error = 0x201, ///< the stream failed in the peer's application
    rejected = 0x202,          ///< the request was refused, and not begun
    canceled = 0x203,          ///< the request was given up, perhaps after it had begun
    invalid = 0x204,           ///< the request is not valid
};

const boost::system::error_category& error_category() noexcept;
boost::system::error_code make_error_code(errc e) noexcept;

} // namespace streamx::rsocket

template <>
struct boost::system::is_error_code_enum<streamx::rsocket::errc> : std::true_type {};
