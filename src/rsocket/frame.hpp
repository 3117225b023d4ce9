#pragma once

#include "out_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace streamx::rsocket {

/// "Frame Types" of the protocol.
enum class frame_type : std::uint8_t {
    setup = 0x01,
    lease = 0x02,
    keepalive = 0x03,
    request_response = 0x04,
    request_fnf = 0x05,
    request_stream = 0x06,
    request_channel = 0x07,
    request_n = 0x08,
    cancel = 0x09,
    payload = 0x0A,
    error = 0x0B,
    metadata_push = 0x0C,
    resume = 0x0D,
    resume_ok = 0x0E,
    ext = 0x3F,
};

/// The flags of a frame: what a bit means depends on the frame's type.
namespace flags {
inline constexpr std::uint16_t ignore = 0x200;
inline constexpr std::uint16_t metadata = 0x100;
inline constexpr std::uint16_t follows = 0x080;  // requests, PAYLOAD
inline constexpr std::uint16_t resume = 0x080;   // SETUP
inline constexpr std::uint16_t respond = 0x080;  // KEEPALIVE
inline constexpr std::uint16_t complete = 0x040; // REQUEST_CHANNEL, PAYLOAD
inline constexpr std::uint16_t lease = 0x040;    // SETUP
inline constexpr std::uint16_t next = 0x020;     // PAYLOAD
} // namespace flags

inline constexpr std::uint32_t max_31 = 0x7FFF'FFFF;
inline constexpr std::uint64_t max_63 = 0x7FFF'FFFF'FFFF'FFFF;
inline constexpr std::size_t max_frame_size = 0xFF'FFFF; // "Max Frame Size"
inline constexpr std::size_t length_size = 3;            // "Framing Format"
inline constexpr std::uint16_t major_version = 1;
inline constexpr std::uint16_t minor_version = 0;

/// One frame: its fields are those of the types that have them, its strings views of somebody's bytes.
struct frame {
    frame_type type{};
    std::uint32_t stream = 0;
    std::uint16_t flags = 0;

    std::uint32_t n = 0;         ///< REQUEST_*: (initial) request n; ERROR: code; EXT: its type
    std::uint64_t position = 0;  ///< KEEPALIVE, RESUME, RESUME_OK: last received
    std::uint64_t first = 0;     ///< RESUME: first available
    std::uint32_t ttl = 0;       ///< LEASE, in milliseconds
    std::uint32_t requests = 0;  ///< LEASE
    std::uint16_t major = 0;     ///< SETUP, RESUME
    std::uint16_t minor = 0;     ///< SETUP, RESUME
    std::uint32_t interval = 0;  ///< SETUP: milliseconds between KEEPALIVE frames
    std::uint32_t lifetime = 0;  ///< SETUP: milliseconds
    std::string_view token = {}; ///< SETUP with R, RESUME
    std::string_view metadata_mime = {}, data_mime = {}; ///< SETUP

    std::optional<std::string_view> metadata = std::nullopt; ///< sets the M flag when encoded
    std::string_view data = {};

    bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
    friend bool operator==(const frame&, const frame&) = default;
};

/// Whether frames of this type count for the positions of "Implied Position".
constexpr bool is_tracked(frame_type t) noexcept {
    return t >= frame_type::request_response && t <= frame_type::error;
}

/// The bytes that a request or payload frame needs beside its metadata and data.
constexpr std::size_t overhead(frame_type t, bool metadata) noexcept {
    const bool has_n = t == frame_type::request_stream || t == frame_type::request_channel;
    return 6 + (has_n ? 4 : 0) + (metadata ? 3 : 0);
}

/// Reads one frame, given without its length. Nothing if it is too short for what it says it holds.
/// A frame of an unknown type has a header and nothing else.
std::optional<frame> decode(std::string_view bytes) noexcept;

/// The header alone, for a frame whose rest makes no sense.
std::optional<frame> decode_header(std::string_view bytes) noexcept;

/// Appends the frame, its length before it. Throws `errc::frame_too_long` if that is above
/// `max_frame_size`, or `errc::unencodable` if a token or MIME type is too long for its length field.
template <class Out>
void encode(const frame& f, Out& out);
extern template void encode(const frame& f, std::string& out);
extern template void encode(const frame& f, out_bytes& out);

[[noreturn]] void throw_too_long();

/// Takes one frame off the front of what a byte stream brought, the length field removed; nothing if it
/// is not there yet. Throws `errc::frame_too_long` as soon as its length is above `limit`.
inline std::optional<std::string_view> next_frame(std::string_view& in, std::size_t limit) {
    if (in.size() < length_size)
        return {};
    const auto byte = [&](std::size_t i) { return std::size_t(static_cast<unsigned char>(in[i])); };
    const auto size = byte(0) << 16 | byte(1) << 8 | byte(2);
    if (size > limit)
        throw_too_long();
    if (in.size() - length_size < size)
        return {};
    const auto bytes = in.substr(length_size, size);
    in.remove_prefix(length_size + size);
    return bytes;
}

} // namespace streamx::rsocket
