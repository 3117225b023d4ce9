#pragma once

#include <streamx/bridges/nats/connect_options.hpp>

#include <nats/nats.h>

namespace streamx::nats::detail {

/// Tells the client library what a user has asked for, and that it is to have no thread that flushes.
natsStatus set_options(natsOptions* o, const connect_options& wanted);

} // namespace streamx::nats::detail
