#pragma once

#include "json.hpp"
#include "link.hpp"

#include <streamx/bridges/nats/ensure.hpp>

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

std::string consumer_json(const consumer_config& c, bool ordered);
std::string consumer_subject(const consumer_config& c);

} // namespace streamx::nats::detail
