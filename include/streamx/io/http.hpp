#pragma once

#include <streamx/io/detail/http_peer.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/http_body.hpp>
#include <streamx/io/http_head.hpp>
#include <streamx/io/sse.hpp>
#include <streamx/io/transport.hpp>
#include <streamx/io/websocket.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::io {

namespace detail {
struct http_access;
}

/// One request, and the ways to answer it, of which one is taken: `respond`, or one of those that give a
/// sink, or `upgrade`.
class http_exchange {
public:
    using field_list = std::vector<std::pair<std::string, std::string>>;

    /// Made by `http_connection`.
    explicit http_exchange(std::shared_ptr<detail::http_message_state> m) noexcept;

    const http_head& request() const noexcept;

    /// What the client sends with its request; asked for, it may be told to go on first (RFC 9110, section
    /// 10.1.1). Ask once.
    asio::awaitable<http_body_stream> body();
    /// Its lines, or the items of another codec: `co_await x.items<json_lines_codec<order>>()`.
    template <decoder Codec>
    asio::awaitable<http_items_stream<Codec>> items(Codec codec = Codec()) {
        co_return http_items<Codec>(co_await body(), std::move(codec), limits());
    }

    /// Sends a whole response. Another request may follow on the connection.
    asio::awaitable<void> respond(
        unsigned status,
        std::string_view content_type,
        std::string_view body,
        field_list fields = {});

    /// Begins a response whose body is written as items of a codec: lines with `line_codec`, NDJSON with
    /// `json_lines_codec`, as it is with `bytes_codec`. The request's body can be read meanwhile. Another
    /// request may follow on the connection.
    template <encoder Codec>
    http_body_sink<Codec> stream(
        std::string_view content_type,
        Codec codec = Codec(),
        unsigned status = 200,
        field_list fields = {}) {
        http_body_sink<Codec> body(
            begin_body(status, content_type, std::move(fields)), std::move(codec));
        body_ = body.written();
        return body;
    }

    /// Begins a response of Server-Sent Events.
    sse_sink events(const sse_options& options = {}, field_list fields = {});
    /// What a browser that comes again has seen last, for `resume_after`; empty at first.
    std::string last_event_id() const;

    /// Makes a WebSocket of the connection; throws `errc::not_websocket` if that is not what is asked for
    /// (then it can still be answered).
    websocket upgrade(const websocket_options& options = {});

    bool answered() const noexcept { return answered_; }

private:
    friend struct detail::http_access;

    detail::http_body_start
    begin_body(unsigned status, std::string_view content_type, field_list fields);
    detail::http_peer take_peer();
    const endpoint_limits& limits() const noexcept;

    std::shared_ptr<detail::http_message_state> message_;
    detail::http_body_written body_; // once there is one
    bool answered_ = false;
    bool keep_ = false; // the connection goes on
};

/// What answers requests. What it throws is answered with 500, and no answer with 404.
using http_handler = std::function<asio::awaitable<void>(http_exchange&)>;

/// Serves the requests that come on one connection, one after the other, until it ends, an answer takes it
/// over, or a client breaks a rule or a limit (which is answered with 400, 408 or 431). Never throws for
/// what the client does.
asio::awaitable<void>
http_connection(transport t, http_handler handler, endpoint_limits limits = {});

/// Serves every connection that comes, all on the acceptor's executor, until this is cancelled or the
/// acceptor closed: then it throws `operation_aborted`; connections that there are go on. When the process
/// has no file descriptors left it waits for some.
asio::awaitable<void>
http_serve(asio::ip::tcp::acceptor& acceptor, http_handler handler, endpoint_limits limits = {});

} // namespace streamx::io
