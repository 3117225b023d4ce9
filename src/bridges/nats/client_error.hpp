#pragma once

#include <streamx/bridges/nats/error.hpp>

#include <nats/nats.h>

namespace streamx::nats::detail {

/// What the client library's answer means to our users: those causes that they can do something about
/// have a name of ours.
inline error_code client_error(natsStatus s) {
    switch (s) {
    case NATS_OK:
        return {};
    case NATS_CONNECTION_CLOSED:
        return errc::connection_closed;
    case NATS_MAX_PAYLOAD:
        return errc::message_too_large;
    case NATS_INVALID_SUBJECT:
        return errc::invalid_name;
    default:
        return {static_cast<int>(s), client_category()};
    }
}

} // namespace streamx::nats::detail
