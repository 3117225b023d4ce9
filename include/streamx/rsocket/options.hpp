#pragma once

#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/tls.hpp>
#include <streamx/rsocket/metadata.hpp>
#include <streamx/rsocket/payload.hpp>
#include <streamx/time/backoff.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {

class router;

/// How the sessions of a client survive a lost connection.
struct resume_options {
    std::size_t retained = 1024 * 1024; ///< bytes of frames that a side keeps until the other has
                                        ///< confirmed them; then payloads wait
    std::chrono::milliseconds keep =
        std::chrono::minutes(1); ///< how long a session may be without a
                                 ///< connection
};

/// How many requests a client may make in how long.
struct lease_options {
    std::chrono::milliseconds ttl = std::chrono::seconds(10); ///< renewed when it has passed
    std::uint32_t requests = 1000;
};

/// What a client does when its connection is lost and there is no session to be resumed, and when its
/// server has ended it. What is open fails with why, and is not asked for again.
enum class when_lost {
    close, ///< it is closed
    fail,  ///< it connects again, and new requests fail with `errc::closed` until then
    wait,  ///< it connects again, and new requests wait until then
};

/// Where a client stands.
enum class client_state {
    connecting, ///< for the first time
    connected,
    reconnecting, ///< the connection was lost
    closed,       ///< for ever
};

struct client_options {
    std::optional<credentials> who; ///< sent in the SETUP frame
    /// For `tls` and `wss`. None: the server's certificate must be for the URL's host, and signed by
    /// someone whom the system trusts.
    std::optional<io::tls_context> tls;
    /// Header fields of the request for a WebSocket, `{"Origin", "https://example.org"}`.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string data_type = std::string(mime::bytes);
    std::string metadata_type = std::string(mime::composite);
    payload setup; ///< sent in the SETUP frame; metadata of its own takes the place of `who`

    std::uint32_t window = 256; ///< items that a stream may have on their way here; at least 1
    /// Bytes of a stream that may be on their way here or unread, at least 1: of so many items is the peer
    /// asked for, up to `window`. An item that has not come is reckoned as the largest before it on its
    /// stream, the first ones as `limits.message`; one alone may always come, however large. None: whatever
    /// `window` items have.
    std::optional<std::size_t> window_bytes;
    std::size_t fragment = 32 * 1024; ///< bytes of the largest frame that is sent, at least 64
    /// Between two signs of life, at least 1 ms.
    std::chrono::milliseconds keepalive = std::chrono::seconds(10);
    /// A peer silent for so long is dead; 0: 3 x `keepalive`.
    std::chrono::milliseconds lifetime{0};
    std::optional<resume_options> resume;
    bool lease = false; ///< waits for the server's leases before it makes requests
    /// A server that refuses SETUP, and one that breaks the protocol, end the client in any case.
    when_lost lost = when_lost::close;
    backoff reconnect{}; ///< between attempts to connect again
    /// Told each new state, with why the connection was lost or closed: on the client's executor, inside
    /// what brings it about (`client::close`, say). It must not throw.
    std::function<void(client_state, boost::system::error_code)> on_state;
    std::shared_ptr<router> responder; ///< answers the server's requests, if it makes any
    io::endpoint_limits limits;        ///< `frame`, `message`, `unfinished_bytes` (at least 1),
                                       ///< `queued_bytes`, `handshake`, `shutdown`
};

struct server_options {
    /// Whether these credentials of a SETUP frame are welcome: asked before any stream. None: everybody
    /// is. `bearer_tokens` makes one that compares in constant time.
    std::function<bool(const std::optional<credentials>&)> authenticator;

    /// A server's, with its certificate: without it there is no listening at `tls` and `wss`.
    std::optional<io::tls_context> tls;

    std::uint32_t window = 256;              ///< of items from a channel's client; at least 1
    std::optional<std::size_t> window_bytes; ///< of them, as `client_options::window_bytes`
    std::uint32_t max_credit =
        0x7FFF'FFFF;                   ///< of what a client asks for, no more than this is owed to
                                       ///< one stream at a time, at least 1; the rest is forgotten
    std::size_t fragment = 32 * 1024;  ///< bytes of the largest frame that is sent, at least 64
    std::size_t streams = 16 * 1024;   ///< that one connection may have open
    std::size_t connections = 100'000; ///< more are closed as they come; as many again may be in
                                       ///< their TLS and WebSocket handshakes
    /// The longest silence allowed, whatever a client announces; at least 1 ms.
    std::chrono::milliseconds lifetime = std::chrono::minutes(5);
    std::optional<resume_options> resume; ///< allows clients to resume
    std::optional<lease_options> lease;   ///< gives leases to clients that want them
    io::endpoint_limits limits;           ///< `frame`, `message`, `unfinished_bytes` (at least 1),
                                          ///< `queued_bytes`, `handshake`, `shutdown`
};

/// An authenticator that lets in who has one of these bearer tokens. All are compared, each in constant
/// time.
std::function<bool(const std::optional<credentials>&)>
bearer_tokens(std::vector<std::string> tokens);

} // namespace streamx::rsocket
