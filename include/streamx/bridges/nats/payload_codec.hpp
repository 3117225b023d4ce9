#pragma once

#include <streamx/io/write_buffer.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::nats {

/// A message's payload is an item, also an empty one: the codec that sources and sinks have unless they
/// are given one of `io`.
struct payload_codec {
    using value_type = std::string;

    std::optional<std::string> decode(std::string_view& in) const {
        return std::string(std::exchange(in, {}));
    }
    void encode(std::string_view item, io::write_buffer& out) const { out.append(item); }
};

} // namespace streamx::nats
