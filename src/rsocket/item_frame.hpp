#pragma once

#include "frame.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace streamx::rsocket {

/// What most frames are: PAYLOAD with one whole item, without metadata, and not the last. `encode` and
/// `decode` do the same; these stand in the loops, where the compiler sees them.
struct item_frame {
    static constexpr std::size_t overhead = rsocket::overhead(frame_type::payload, false);
    static constexpr auto word =
        static_cast<std::uint16_t>(static_cast<unsigned>(frame_type::payload) << 10 | flags::next);

    std::uint32_t stream;
    std::string_view data;
};

inline void encode_item(const item_frame& f, out_bytes& out) {
    const auto size = item_frame::overhead + f.data.size();
    const char head[length_size + item_frame::overhead] = {
        static_cast<char>(size >> 16),
        static_cast<char>(size >> 8),
        static_cast<char>(size),
        static_cast<char>(f.stream >> 24),
        static_cast<char>(f.stream >> 16),
        static_cast<char>(f.stream >> 8),
        static_cast<char>(f.stream),
        static_cast<char>(item_frame::word >> 8),
        static_cast<char>(item_frame::word & 0xFF)};
    char* to = out.extend(sizeof head + f.data.size());
    std::memcpy(to, head, sizeof head);
    if (!f.data.empty())
        std::memcpy(to + sizeof head, f.data.data(), f.data.size());
}

/// Nothing if it is a frame of another kind.
inline std::optional<item_frame> decode_item(std::string_view bytes) noexcept {
    if (bytes.size() < item_frame::overhead)
        return {};
    const auto byte = [&](std::size_t i) {
        return std::uint32_t(static_cast<unsigned char>(bytes[i]));
    };
    if ((byte(4) << 8 | byte(5)) != item_frame::word)
        return {};
    const auto stream = (byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3)) & max_31;
    return item_frame{stream, bytes.substr(item_frame::overhead)};
}

} // namespace streamx::rsocket
