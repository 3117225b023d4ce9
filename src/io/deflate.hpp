#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace streamx::io::detail {

/// Compresses messages, each by itself (RFC 7692, section 7.2.1).
class deflater {
public:
    deflater();
    ~deflater();
    std::string compress(std::string_view message);

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// The way back (RFC 7692, section 7.2.2).
class inflater {
public:
    inflater();
    ~inflater();
    /// Throws `close_code::too_big` when it comes to more than `limit` bytes, and `bad_payload` when it is
    /// not deflated.
    std::string expand(std::string_view compressed, std::size_t limit);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace streamx::io::detail
