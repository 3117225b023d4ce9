#pragma once

#include <streamx/io/transport.hpp>
#include <streamx/io/websocket.hpp>

namespace streamx::io {

/// A WebSocket as a stream of bytes: several items go into one message then, as many as are there when it is
/// written, not quite 64 KiB at most; they are read while it comes. Both ends have to agree on it, by a
/// subprotocol say, as the borders of messages mean nothing any more:
///
///     auto [in, out] = framed<length_prefixed_codec>(websocket_bytes(*std::move(ws)), limits);
///
/// A write completes when the connection under it has taken the message: so `async_flush` of a sink on top
/// means that too.
///
/// The peer's close ends what is read as `websocket_stream` says. A WebSocket has no half close: telling the
/// end ends both directions once the peer has answered. Pings are sent and answered while somebody pulls, and
/// so `limits.idle` of what is on top may be `endpoint_limits::no_deadline`.
[[nodiscard]] transport websocket_bytes(websocket ws);

} // namespace streamx::io
