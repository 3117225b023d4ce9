#pragma once

#include <optional>
#include <string>

namespace streamx::rsocket {

/// What one RSocket message carries: data, and metadata if there is any. Both are bytes whose meaning
/// the MIME types of the connection tell. Metadata that is there may be empty, which is not the same as
/// none.
struct payload {
    std::string data;
    std::optional<std::string> metadata = std::nullopt;

    friend bool operator==(const payload&, const payload&) = default;
};

} // namespace streamx::rsocket
