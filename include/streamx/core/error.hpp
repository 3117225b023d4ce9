#pragma once

#include <streamx/core/asio.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <boost/system/is_error_condition_enum.hpp>

#include <exception>
#include <type_traits>

namespace streamx {

/// What can go wrong that is this library's own. Cancellation is `asio::error::operation_aborted`.
enum class errc {
    closed = 1,            ///< the other end is closed or gone: no item is accepted any more
    full,                  ///< there is no room, and the overflow policy is `fail`
    operation_in_progress, ///< the stream has one outstanding operation of this kind already
    no_item,               ///< `async_single`: the stream has no item
    more_than_one_item,    ///< `async_single`: the stream has a second item
    no_subscribers,        ///< a broadcast has none, and its policy is `no_subscribers::fail`
    line_too_long,         ///< a line is longer than `endpoint_limits::line`
    frame_too_long,        ///< a frame is longer than `endpoint_limits::frame`
    message_too_big,       ///< a WebSocket or RSocket message is beyond its `endpoint_limits`
    header_too_long,       ///< an HTTP header is longer than `endpoint_limits::header`
    handshake_timeout,     ///< no connection within `endpoint_limits::handshake`
    idle_timeout,          ///< nothing came for `endpoint_limits::idle`
    write_stalled,         ///< the peer took nothing for `endpoint_limits::write_stall`
    shutdown_timeout,      ///< not shut down within `endpoint_limits::shutdown`
    truncated,             ///< the input ended in the middle of an item
    tls_truncated,         ///< the TLS peer closed without saying so: perhaps not all has come
    tls_expired,           ///< TLS: the peer's certificate is out of date, or not valid yet
    tls_wrong_host,        ///< TLS: the peer's certificate is for another host
    tls_unknown_ca,        ///< TLS: nobody who is trusted has signed the peer's certificate
    tls_no_certificate,    ///< TLS: the server wants a certificate and the client has none
    not_tls,               ///< what came on a TLS connection is not TLS
    not_websocket,         ///< the peer does not agree to speak WebSocket
    http_status,           ///< the server has answered with another status than was needed
    malformed,             ///< what came is not of the agreed form
    unencodable,        ///< the item cannot be written in this form, a line with a break in it, say
    too_many_groups,    ///< `group_by`: more keys at a time than there may be groups open
    group_not_consumed, ///< `group_by`: a group is full and nobody has ever asked it for an item
    exceeds_budget,     ///< one item weighs more than the whole `memory_budget`
    would_deadlock,     ///< a put that waits for a subscriber that waits for it
};

/// What a program branches on, whatever the exact cause.
enum class condition {
    closed = 1,         ///< the other end is gone, in this process or beyond it
    limit_exceeded,     ///< a bound that the user set was hit
    misuse,             ///< the call is not allowed in this state
    not_single,         ///< there is not exactly one of what there must be one of
    timed_out,          ///< a time that the user set has passed
    protocol_violation, ///< the peer, or an item, does not keep to the form that was agreed
};

const boost::system::error_category& errc_category() noexcept;
const boost::system::error_category& condition_category() noexcept;

boost::system::error_code make_error_code(errc e) noexcept;
boost::system::error_condition make_error_condition(condition c) noexcept;

/// The error code inside a failure: that of a `system_error` (Boost's or the standard library's),
/// `errc::not_enough_memory` and `errc::invalid_argument` of Boost.System for the standard
/// exceptions of that meaning, success for a null pointer, and `errc::state_not_recoverable` for
/// anything else.
error_code to_error_code(const std::exception_ptr& failure) noexcept;

/// A failure that carries `ec`, thrown as a `boost::system::system_error`; null for success.
std::exception_ptr make_failure(error_code ec, const char* what);

} // namespace streamx

template <>
struct boost::system::is_error_code_enum<streamx::errc> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<streamx::condition> : std::true_type {};
