#pragma once

#include <chrono>
#include <cstddef>

namespace streamx::io {

/// What one connection may cost. Every limit is finite unless you say otherwise; each breach has an
/// `errc` of its own, fails the stream or sink of that connection and touches no other.
struct endpoint_limits {
    using duration = std::chrono::steady_clock::duration;

    /// In place of a time: as long as it takes.
    static constexpr duration no_deadline = duration::max();

    std::size_t line = 64 * 1024;      ///< bytes of a line without its end: `errc::line_too_long`
    std::size_t frame = 1024 * 1024;   ///< bytes of a frame in all: `errc::frame_too_long`
    std::size_t message = 1024 * 1024; ///< bytes of a WebSocket or RSocket message:
                                       ///< `errc::message_too_big`
    std::size_t unfinished_bytes =
        4 * 1024 * 1024;           ///< of RSocket messages whose last fragment has not come, of all
                                   ///< streams of a connection: the message that gets beyond it is
                                   ///< `errc::message_too_big`. One `message` alone always fits
    std::size_t header = 8 * 1024; ///< bytes of an HTTP header: `errc::header_too_long`
    std::size_t queued_bytes = 1024 * 1024; ///< written and not sent: then a sender waits. One item
                                            ///< always fits an empty outbox
    std::size_t queued_items = 1024 * 1024; ///< the same in items
    duration handshake = std::chrono::seconds(10);   ///< TLS, WebSocket, connecting:
                                                     ///< `errc::handshake_timeout`
    duration idle = std::chrono::seconds(60);        ///< nothing comes while somebody waits for it:
                                                     ///< `errc::idle_timeout`
    duration write_stall = std::chrono::seconds(60); ///< the peer takes nothing of what is queued:
                                                     ///< `errc::write_stalled`
    duration shutdown = std::chrono::seconds(10); ///< sending the rest and hearing the peer's end:
                                                  ///< `errc::shutdown_timeout`
};

} // namespace streamx::io
