#pragma once

#include <streamx/bridges/nats/ensure.hpp>

#include <string>

namespace streamx::nats::detail {

// How JetStream is told what a stream or a consumer is to be.

std::string stream_json(const stream_config& c);
/// An ordered consumer has no name and acknowledges nothing.
std::string consumer_json(const consumer_config& c, bool ordered);
/// Where that is sent, behind `$JS.API.`.
std::string consumer_subject(const consumer_config& c);

} // namespace streamx::nats::detail
