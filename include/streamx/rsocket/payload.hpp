#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::rsocket {

/// What one RSocket message carries: data, and metadata if there is any. Both are bytes whose meaning
/// the MIME types of the connection tell. Metadata that is there may be empty, which is not the same as
/// none.
struct payload {
    // No aggregate: g++ 12 copies such a temporary bit by bit where it stands in a `co_await`.
    payload() = default;
    payload(std::string d, std::optional<std::string> m = std::nullopt)
        : data(std::move(d)), metadata(std::move(m)) {}
    /// A copy of these bytes. (A template, as a literal is a `std::string` here.)
    template <std::same_as<std::string_view> S>
    explicit payload(S d) : data(d) {}

    std::string data;
    std::optional<std::string> metadata;

    friend bool operator==(const payload&, const payload&) = default;
};

} // namespace streamx::rsocket
