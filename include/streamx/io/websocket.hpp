#pragma once

#include <streamx/core/detail/any_handler.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/detail/http_peer.hpp>
#include <streamx/io/detail/websocket_codec.hpp>
#include <streamx/io/detail/websocket_pinger.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/framed_sink.hpp>
#include <streamx/io/http_head.hpp>
#include <streamx/io/transport.hpp>
#include <streamx/io/websocket_close.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::io {

namespace detail {
struct websocket_access;
}

struct websocket_options {
    endpoint_limits limits = {};
    /// Offer, or agree to, `permessage-deflate` (RFC 7692), each message by itself.
    bool deflate = false;
    /// A ping is sent when for so long nothing has come that is waited for: `limits.idle` then ends a
    /// connection whose peer is gone, and no other. `endpoint_limits::no_deadline`: never.
    endpoint_limits::duration ping = std::chrono::seconds(20);
    /// Subprotocols, the preferred one first; a server takes the first that its client offers too.
    std::vector<std::string> subprotocols = {};
    /// What a server's clients must ask for, without a query; others get 404. Empty: anything.
    std::string path = {};
    /// Header fields that a client sends as well, `{"Authorization", "..."}`.
    std::vector<std::pair<std::string, std::string>> fields = {};
};

/// The messages that come over a WebSocket (RFC 6455).
///
/// Pings are answered, and fragments put together, while somebody pulls: pull for as long as the
/// connection is to live (`async_drain`, if nothing is expected). It ends when the peer closes with
/// `close_code::normal`, `going_away` or no code. With any other it fails with that `close_code`; with
/// `close_code::abnormal` when the connection just ends; with `errc::message_too_big`, or
/// `errc::malformed` for what RFC 6455 forbids, and the peer is told why; with `errc::idle_timeout`.
///
/// Everything happens on the transport's executor.
class [[nodiscard]] websocket_stream : public stream_interface<websocket_stream> {
public:
    using value_type = websocket_message;
    using executor_type = asio::any_io_executor;

    executor_type get_executor() const noexcept { return in_->get_executor(); }
    /// What was agreed on; empty: none.
    const std::string& subprotocol() const noexcept { return subprotocol_; }

    poll<value_type> try_next();

    /// Waits until more has come.
    /// @completes `void(error_code)` on the handler's associated executor, the stream's by default;
    ///            never inside this call
    /// @errors  `operation_aborted`: cancelled, or this destroyed; `errc::operation_in_progress`:
    ///          another wait is outstanding, which is not disturbed
    /// @cancels total, partial, terminal; nothing is lost
    /// @threads from the stream's executor
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    friend struct detail::websocket_access;
    using outbox = detail::outbox<transport>;

    websocket_stream(
        detail::half<detail::reader<transport>> in,
        const std::shared_ptr<outbox>& out,
        detail::websocket_role role,
        detail::websocket_decoder decoder,
        endpoint_limits::duration ping,
        std::string subprotocol);

    struct initiate_wait {
        using executor_type = websocket_stream::executor_type;
        executor_type get_executor() const noexcept { return self->get_executor(); }
        template <class Handler>
        void operator()(Handler handler) const {
            self->pinger_->begin();
            self->in_->async_wait(detail::pinged_op<Handler>(
                std::move(handler), self->get_executor(), self->pinger_));
        }
        websocket_stream* self;
    };

    poll<value_type> read_into(asio::mutable_buffer* into);
    void say_close(close_code why);

    detail::half<detail::reader<transport>> in_;
    std::weak_ptr<outbox> out_;
    detail::websocket_role role_;
    detail::websocket_decoder decoder_;
    std::shared_ptr<detail::websocket_pinger> pinger_;
    std::string subprotocol_;
    bool closed_ = false;
};

/// The messages that go out over a WebSocket: a `framed_sink` with its one outbox, one message a frame
/// and many frames a write.
///
/// A text message that is not UTF-8 is refused with `errc::unencodable`. Closing it, or destroying it,
/// sends a close frame behind what is queued.
class [[nodiscard]] websocket_sink : public framed_sink<transport, detail::websocket_encoder> {
    using base = framed_sink<transport, detail::websocket_encoder>;

public:
    websocket_sink(websocket_sink&&) noexcept = default;
    websocket_sink& operator=(websocket_sink&& other) noexcept {
        websocket_sink old(std::move(*this));
        base::operator=(std::move(other));
        return *this;
    }
    ~websocket_sink();

    /// Closes with `close_code::normal`.
    void close() { close(close_code::normal); }
    /// Closes with the `close_code` that the failure carries, or else `close_code::internal_error`. What it
    /// says is not told to the peer.
    void close(const std::exception_ptr& failure);
    /// Closes with this; a reason is cut off after 123 bytes.
    void close(close_code code, std::string_view reason = {});

    /// Closes it and waits until everything is written and the end told.
    /// @completes `void(error_code)` on the handler's associated executor, the sink's by default; never
    ///            inside this call
    /// @errors  why the connection failed; `errc::write_stalled`; `errc::shutdown_timeout`;
    ///          `operation_aborted`: cancelled
    /// @cancels total, partial, terminal; closing goes on
    /// @threads from the sink's executor
    template <class Token>
    auto async_close(Token&& token) {
        close();
        return base::async_close(std::forward<Token>(token));
    }

private:
    friend struct detail::websocket_access;
    websocket_sink(
        const detail::connection_ptr<transport>& c, detail::websocket_role role, bool compress);

    detail::websocket_role role_;
};

/// The two halves of a WebSocket. They may be used and destroyed apart; the connection is closed when both
/// are gone.
struct [[nodiscard]] websocket {
    websocket_stream in;
    websocket_sink out;
};

namespace detail {

/// Makes the halves, and sends what comes before the first frame.
struct websocket_access {
    static websocket make(
        http_peer peer,
        websocket_role role,
        const websocket_options& options,
        bool compress,
        std::string subprotocol,
        std::string_view head);

    /// Fills `into` with the bytes of binary messages, as far as they have come, and moves it on behind them.
    /// A message that cannot go there piece by piece is given as a whole.
    static poll<websocket_message> read(websocket_stream& from, asio::mutable_buffer& into) {
        return from.read_into(&into);
    }
};

/// Throws `errc::not_websocket` if that is not what is asked for.
void check_upgrade(const http_head& request);
/// Agrees to a request that has been checked.
websocket upgrade(http_peer peer, const http_head& request, const websocket_options& options);

/// The halves as a result that may not be there, as Asio's coroutines want it.
using websocket_ptr = std::unique_ptr<websocket>;
using websocket_handler = streamx::detail::any_handler<error_code, websocket_ptr>;

void accept_websocket(transport t, websocket_options options, websocket_handler handler);
void connect_websocket(
    transport t,
    std::string host,
    std::string target,
    websocket_options options,
    websocket_handler handler);

struct initiate_accept_websocket {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return executor; }
    template <class Handler>
    void operator()(Handler handler, transport t, websocket_options options) const {
        accept_websocket(
            std::move(t),
            std::move(options),
            streamx::detail::erased<error_code, websocket_ptr>(std::move(handler), executor));
    }
    executor_type executor;
};

struct initiate_connect_websocket {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return executor; }
    template <class Handler>
    void operator()(
        Handler handler,
        transport t,
        std::string host,
        std::string target,
        websocket_options options) const {
        connect_websocket(
            std::move(t),
            std::move(host),
            std::move(target),
            std::move(options),
            streamx::detail::erased<error_code, websocket_ptr>(std::move(handler), executor));
    }
    executor_type executor;
};

} // namespace detail

/// Takes a connection of which nothing has been read, and waits for a client to ask for a WebSocket on
/// it.
/// @completes `void(error_code, std::unique_ptr<websocket>)` on the handler's associated executor, the
///            transport's by default; never inside this call
/// @errors  `errc::not_websocket`: it asks for something else, and has been told 400, 404 or 426;
///          `errc::header_too_long`, `errc::malformed`: told 431, 400; `errc::truncated`; `errc::handshake_timeout`;
///          those of the transport
/// @cancels total, partial, terminal; the connection is closed then
/// @threads from the transport's executor
template <class Token>
auto async_accept_websocket(transport t, websocket_options options, Token&& token) {
    const auto ex = t.get_executor();
    return asio::async_initiate<Token, void(error_code, std::unique_ptr<websocket>)>(
        detail::initiate_accept_websocket{ex}, token, std::move(t), std::move(options));
}

/// Asks for a WebSocket over a connection that is there. `host` goes into the header ("example.org:8080").
/// @completes `void(error_code, std::unique_ptr<websocket>)` on the handler's associated executor, the
///            transport's by default; never inside this call
/// @errors  `errc::not_websocket`: the server does not agree; `errc::header_too_long`;
///          `errc::malformed`; `errc::truncated`; `errc::handshake_timeout`; `errc::unencodable`: a line's
///          end in an argument; those of the transport
/// @cancels total, partial, terminal; the connection is closed then
/// @threads from the transport's executor
template <class Token>
auto async_connect_websocket(
    transport t, std::string host, std::string target, websocket_options options, Token&& token) {
    const auto ex = t.get_executor();
    return asio::async_initiate<Token, void(error_code, std::unique_ptr<websocket>)>(
        detail::initiate_connect_websocket{ex},
        token,
        std::move(t),
        std::move(host),
        std::move(target),
        std::move(options));
}

} // namespace streamx::io
