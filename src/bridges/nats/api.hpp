#pragma once

#include "link.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace streamx::nats::detail {

/// What an answer of JetStream's says went wrong, if anything.
error_code api_error(const message& m);

/// Asks JetStream, again and again while it has no leader. `then` runs under the link's lock, or on the
/// executor when the link is gone.
void call_api(
    const std::shared_ptr<link>& l,
    std::string subject,
    std::string body,
    std::chrono::milliseconds timeout,
    link::request_handler then);

} // namespace streamx::nats::detail
