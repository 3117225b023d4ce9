#pragma once

#include <streamx/core/detail/any_handler.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/tls.hpp>
#include <streamx/io/transport.hpp>
#include <streamx/rsocket/url.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {

/// Something that goes on until it is stopped: an attempt to connect, a socket that is listened on.
class activity {
public:
    virtual ~activity() = default;
    virtual void stop() noexcept = 0;
};

/// What it takes to make connections: of a client or of a server.
struct endpoint_options {
    std::optional<io::tls_context> tls;
    std::vector<std::pair<std::string, std::string>> headers = {}; ///< of a WebSocket's request
    io::endpoint_limits limits;
    std::size_t handshakes = 0; ///< server: that may be under way at a time
};

/// Connects. `done` is called once, unless it is stopped before, never inside this call.
std::shared_ptr<activity> dial(
    const asio::any_io_executor& ex,
    const url& to,
    const endpoint_options& options,
    std::function<void(error_code, io::transport)> done);

/// A socket that is listened on.
class listener : public activity {
public:
    /// Where, with the port that the system has chosen.
    virtual const url& where() const noexcept = 0;
};

using accepted_fn = std::function<void(io::transport)>;

/// Accepts connections at all of these, each handed to `accepted` after its handshakes. `shown` says which
/// handshakes they are.
std::shared_ptr<listener> accept_at(
    const asio::any_io_executor& ex,
    std::vector<asio::ip::tcp::acceptor> on,
    const url& shown,
    endpoint_options options,
    accepted_fn accepted);

/// Accepts connections at every address of the host, which is looked up meanwhile if it is none. Throws a
/// `system_error` if it cannot listen there.
std::shared_ptr<listener> listen(
    const asio::any_io_executor& ex, const url& at, endpoint_options options, accepted_fn accepted);

/// The same, with the host looked up by others.
void async_listen(
    const asio::any_io_executor& ex,
    const url& at,
    endpoint_options options,
    accepted_fn accepted,
    std::function<void(error_code, std::shared_ptr<listener>)> done);

} // namespace streamx::rsocket
