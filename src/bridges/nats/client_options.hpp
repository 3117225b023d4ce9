#pragma once

#include <streamx/bridges/nats/connect_options.hpp>
#include <streamx/core/asio.hpp>

#include <nats/nats.h>

namespace streamx::nats::detail {

/// What the client library would only call an error: there is no server, or a file cannot be read.
error_code obvious_error(const connect_options& wanted);

/// Tells the client library what a user has asked for, and that it is to have no thread that flushes.
natsStatus set_options(natsOptions* o, const connect_options& wanted);

} // namespace streamx::nats::detail
