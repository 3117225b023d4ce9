#pragma once

#include <streamx/core/asio.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/is_error_code_enum.hpp>

#include <type_traits>

namespace streamx::nats {

/// What can go wrong with NATS that is neither the client library's own error (`client_category`) nor
/// an answer of JetStream's (`jetstream_category`). What takes too long is `asio::error::timed_out`.
enum class errc {
    connection_closed = 1, ///< the connection was closed, or given up by its reconnect policy
    no_responders,         ///< nobody answers on that subject: is JetStream enabled there?
    consumer_gone,         ///< the consumer was deleted, or is one that cannot be pulled from
    request_refused,       ///< the consumer's limits do not allow what is asked of it
    slow_consumer,         ///< messages of a subject were dropped, as they were not taken in time
    malformed_answer,      ///< the server's answer is not what the protocol says
    already_answered,      ///< the delivery was acknowledged, refused or given up before
    invalid_name,          ///< a subject, stream or consumer cannot be called so
    message_too_large,     ///< the message is larger than the server takes: its `max_payload`
};

const boost::system::error_category& errc_category() noexcept;
/// The errors of nats.c: the value is its `natsStatus`.
const boost::system::error_category& client_category() noexcept;
/// The errors that JetStream answers with: the value is its `err_code`, 10058 say.
const boost::system::error_category& jetstream_category() noexcept;

boost::system::error_code make_error_code(errc e) noexcept;

} // namespace streamx::nats

template <>
struct boost::system::is_error_code_enum<streamx::nats::errc> : std::true_type {};
