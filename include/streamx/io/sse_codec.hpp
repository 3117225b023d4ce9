#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/endpoint_limits.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace streamx::io {

/// One event of Server-Sent Events (WHATWG HTML, section 9.2).
struct sse_event {
    std::string data = {};  ///< may have several lines
    std::string event = {}; ///< its type; empty means "message"
    std::string id = {};    ///< what a client sends as `Last-Event-ID` when it comes again
    std::optional<std::chrono::milliseconds> retry = {}; ///< how long it waits before it does

    bool operator==(const sse_event&) const = default;
};

/// Events as bytes of a `text/event-stream`.
///
/// Decoding follows section 9.2.6: lines end with LF, CRLF or CR; comments, unknown fields, events
/// without data and one that is cut off by the end of input give nothing. An item has the last id
/// that was seen, in its own fields or in earlier ones, and the last `retry` that no item has had yet.
///
/// A line longer than `endpoint_limits::line` is `errc::line_too_long`, an event with more data than
/// `endpoint_limits::frame` is `errc::frame_too_long`.
class sse_codec {
public:
    using value_type = sse_event;

    explicit sse_codec(const endpoint_limits& limits = {}) noexcept
        : line_limit_(limits.line), data_limit_(limits.frame) {}

    std::optional<sse_event> decode(std::string_view& in);
    std::optional<sse_event> decode_end(std::string_view& in);

    /// A type or an id with a line's end in it, or an id with a NUL, is `errc::unencodable`. An id that
    /// is empty and a type that is empty are left out.
    void encode(const sse_event& item, write_buffer& out) const;

    /// Of the decoder: what a client sends as `Last-Event-ID`, even if no event came after it.
    const std::string& last_event_id() const noexcept { return last_id_; }

private:
    std::optional<std::string_view> take_line(std::string_view& in);
    void take_field(std::string_view name, std::string_view value);
    std::optional<sse_event> dispatch();

    std::size_t line_limit_;
    std::size_t data_limit_;
    std::size_t searched_ = 0; // so far there is no line's end before this
    bool first_ = true;        // there may be a byte order mark
    bool after_cr_ = false;    // a LF would belong to the line before
    bool has_data_ = false;
    sse_event pending_;
    std::string last_id_;
};

/// Appends a comment, which clients ignore: what keeps a connection alive while nothing happens.
void write_sse_comment(std::string_view text, write_buffer& out);

} // namespace streamx::io
