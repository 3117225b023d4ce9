#pragma once

#include <streamx/io/websocket_close.hpp>
#include <streamx/io/write_buffer.hpp>

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::io {

/// One message of a WebSocket: text, which is UTF-8, or any bytes.
struct websocket_message {
    // g++ 12 destroys a temporary aggregate twice in `co_await out.send({...})`: hence constructors.
    websocket_message() = default;
    websocket_message(std::string bytes, bool is_binary = false)
        : data(std::move(bytes)), binary(is_binary) {}

    std::string data;
    bool binary = false;

    bool operator==(const websocket_message&) const = default;
};

namespace detail {

enum class websocket_role { client, server };

/// What stands in the first byte of a frame (RFC 6455, section 5.2).
enum class websocket_opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};

class deflater;
class inflater;

/// The bytes of a binary message, which are copied when they are sent.
struct websocket_pieces {
    std::span<const boost::asio::const_buffer> data;
};

/// Messages as frames, one each. A client's are masked.
class websocket_encoder {
public:
    using value_type = websocket_message;

    websocket_encoder(websocket_role role, bool compress);
    websocket_encoder(websocket_encoder&&) noexcept;
    ~websocket_encoder();

    void encode(const websocket_message& item, write_buffer& out);
    void encode(const websocket_pieces& item, write_buffer& out);

    /// Appends a frame by itself: a ping, a pong or a close.
    static void
    write(websocket_role role, websocket_opcode what, std::string_view payload, write_buffer& out);

private:
    void encode(websocket_opcode what, const websocket_pieces& item, write_buffer& out);

    websocket_role role_;
    std::unique_ptr<deflater> deflater_;
};

/// Frames as what they mean: fragments are put together, masks taken off, control frames told apart. What
/// the peer must not send is thrown as a `close_code` to close with.
class websocket_decoder {
public:
    struct event {
        websocket_opcode what; // text, binary, ping, pong or close
        std::string data;      // of a close: its reason
        close_code code = close_code::none;
    };

    /// `role` is our own: whether frames must be masked.
    websocket_decoder(websocket_role role, std::size_t limit, bool compressed);
    websocket_decoder(websocket_decoder&&) noexcept;
    ~websocket_decoder();

    /// With `into` the bytes of a binary message that is not compressed go there, as far as there is room,
    /// without waiting for the rest of it; it makes an event without data then.
    std::optional<event> decode(std::string_view& in, boost::asio::mutable_buffer* into = nullptr);

private:
    bool read_head(std::string_view& in);
    void read_payload(std::string_view& in, boost::asio::mutable_buffer* into);
    std::optional<event> frame_done();
    event control_done();
    event message_done();
    std::size_t room() const noexcept;

    websocket_role role_;
    std::size_t limit_;
    std::unique_ptr<inflater> inflater_;

    bool in_frame_ = false;
    bool final_ = false;
    bool control_ = false;
    websocket_opcode opcode_{};
    std::uint64_t left_ = 0; // bytes of this frame's payload that are still to come
    std::uint64_t mask_ = 0; // the key, twice
    unsigned phase_ = 0;     // how many bytes of it the next byte is behind

    bool in_message_ = false;
    bool deflated_ = false;
    websocket_opcode kind_{};
    std::string message_;
    std::size_t passed_on_ = 0; // bytes of the message that went elsewhere
    std::string control_payload_;
};

} // namespace detail
} // namespace streamx::io
