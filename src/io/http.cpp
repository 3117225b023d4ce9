#include <streamx/io/http.hpp>

#include <streamx/core/error.hpp>
#include <streamx/core/log.hpp>
#include <streamx/io/accept_stream.hpp>
#include <streamx/io/detail/timed.hpp>
#include <streamx/time/sleep_for.hpp>

#include "http_io.hpp"
#include "http_parser.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace streamx::io {
namespace {

namespace sys = boost::system;

constexpr std::size_t most_left_unread = 64 * 1024; // of a body that the handler does not want

asio::awaitable<std::monostate> written(detail::http_peer& peer, std::string_view text) {
    co_await detail::write_all(peer, text);
    co_return std::monostate();
}

} // namespace

namespace detail {

http_message_state::http_message_state(http_peer p, std::unique_ptr<http_parser> q)
    : peer(std::move(p)), parser(std::move(q)) {}
http_message_state::~http_message_state() = default;

poll<std::string> http_message_state::piece() {
    if (peer.in.get()) {
        auto bytes = peer.in->bytes();
        parser->put(bytes);
        peer.in->remain(bytes);
    }
    if (auto found = parser->take_body(); !found.empty())
        return found;
    if (parser->done())
        return end;
    if (!peer.in.get())
        throw sys::system_error(errc::closed, "http: the connection has been handed on");
    if (!peer.in->over()) {
        peer.in->starve();
        return pending;
    }
    if (!peer.in->ended())
        throw sys::system_error(peer.in->error(), "http");
    parser->put_end();
    return end;
}

/// What `http_connection` knows of an exchange.
struct http_access {
    static bool goes_on(const http_exchange& x) noexcept { return x.keep_; }
    static const http_body_written& body(const http_exchange& x) noexcept { return x.body_; }
};

} // namespace detail

http_exchange::http_exchange(std::shared_ptr<detail::http_message_state> m) noexcept
    : message_(std::move(m)) {}

const http_head& http_exchange::request() const noexcept { return message_->parser->head(); }
const endpoint_limits& http_exchange::limits() const noexcept {
    return message_->peer.shared->limits;
}
std::string http_exchange::last_event_id() const { return std::string(request()["Last-Event-ID"]); }

asio::awaitable<http_body_stream> http_exchange::body() {
    if (request().has_token("Expect", "100-continue") && !message_->parser->done())
        co_await detail::write_all(message_->peer, "HTTP/1.1 100 Continue\r\n\r\n");
    co_return http_body_stream(message_);
}

asio::awaitable<void> http_exchange::respond(
    unsigned status, std::string_view content_type, std::string_view body, field_list fields) {
    if (std::exchange(answered_, true))
        throw sys::system_error(errc::closed, "http: answered already");
    const bool keep = request().keep_alive;
    fields.emplace_back("Content-Type", std::string(content_type));
    fields.emplace_back("Content-Length", std::to_string(body.size()));
    if (!keep)
        fields.emplace_back("Connection", "close");
    auto text = detail::http_response_head(status, fields);
    if (request().method != "HEAD")
        text += body;
    co_await detail::timed(
        written(message_->peer, text), limits().write_stall, errc::write_stalled);
    keep_ = keep;
}

detail::http_peer http_exchange::take_peer() {
    if (std::exchange(answered_, true))
        throw sys::system_error(errc::closed, "http: answered already");
    detail::http_peer taken(message_->peer.shared); // who is left asks for its limits still
    taken.in = std::move(message_->peer.in);
    return taken;
}

detail::http_body_start
http_exchange::begin_body(unsigned status, std::string_view content_type, field_list fields) {
    const bool chunks = request().version >= 11;
    keep_ = chunks && request().keep_alive;
    fields.emplace_back("Content-Type", std::string(content_type));
    fields.emplace_back("Cache-Control", "no-store");
    if (chunks)
        fields.emplace_back("Transfer-Encoding", "chunked");
    if (!keep_)
        fields.emplace_back("Connection", "close");
    auto head = detail::http_response_head(status, fields);
    const auto form = request().method == "HEAD" ? http_body_form::none
                      : chunks                   ? http_body_form::chunked
                                                 : http_body_form::plain;
    // Who reads a body that is still to come notices when the client goes.
    if (message_->parser->done())
        return {take_peer(), std::move(head), form, message_->server};
    if (std::exchange(answered_, true))
        throw sys::system_error(errc::closed, "http: answered already");
    return {detail::http_peer(message_->peer.shared), std::move(head), form, message_->server};
}

sse_sink http_exchange::events(const sse_options& options, field_list fields) {
    fields.emplace_back("Content-Type", "text/event-stream");
    fields.emplace_back("Cache-Control", "no-store");
    fields.emplace_back("Connection", "close");
    const auto head = detail::http_response_head(200, fields);
    return sse_sink(take_peer(), head, options);
}

websocket http_exchange::upgrade(const websocket_options& options) {
    detail::check_upgrade(request());
    return detail::upgrade(take_peer(), request(), options);
}

namespace {

using detail::http_parser;
using detail::http_peer;

asio::awaitable<std::monostate> head_read(http_peer& peer, http_parser& parser) {
    co_await detail::read_head(peer, parser);
    co_return std::monostate();
}

/// Lets the handler answer; what it throws is answered with 500, unless an answer has begun.
asio::awaitable<void> answer(http_exchange& x, const http_handler& handler) {
    bool failed = false;
    try {
        co_await handler(x);
    } catch (const std::exception& e) {
        failed = true;
        const bool client_left = to_error_code(std::current_exception()) == condition::closed;
        log(client_left ? log_level::debug : log_level::warning,
            std::string("http: a handler failed: ") + e.what());
    }
    if (x.answered())
        co_return;
    if (!failed)
        co_await x.respond(404, "text/plain; charset=utf-8", "not found\n");
    else
        co_await x.respond(500, "text/plain; charset=utf-8", "internal error\n");
}

/// Reads what is left of a body, if that is little: the next request is behind it.
asio::awaitable<bool> rest_read(const std::shared_ptr<detail::http_message_state>& message) {
    http_body_stream rest(message);
    std::size_t read = 0;
    while (read <= most_left_unread) {
        const auto piece = co_await rest.next();
        if (!piece)
            co_return true;
        read += piece->size();
    }
    co_return false;
}

/// Waits until a streamed answer is over. Whether all of it was written, and the connection is ours again.
asio::awaitable<bool>
body_written(detail::http_message_state& message, const detail::http_body_written& body) {
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(
        [&](auto handler) { body.out->wait_closed(std::move(handler)); }, asio::use_awaitable);
    if (!body.out->handed_on())
        co_return false;
    while (body.watch->listening())
        co_await asio::post(asio::use_awaitable);
    if (auto in = body.watch->give_back(); in.get())
        message.peer.in = std::move(in);
    co_return true;
}

/// Says the end; over TLS that is a write, which a client that reads nothing holds up.
asio::awaitable<std::monostate> shut_down(http_peer& peer) {
    co_await peer.shared->stream.async_shutdown(asio::use_awaitable);
    co_return std::monostate();
}

/// Ends a connection of whose input there may be more: if it was closed with unread bytes in it, the client
/// could lose the answer.
asio::awaitable<void> part(http_peer& peer, bool more_comes) {
    auto& in = *peer.in;
    const auto limit = in.shared().limits.shutdown;
    in.end_by(streamx::detail::later(in.dog().now(), limit));
    try {
        co_await detail::timed(shut_down(peer), limit, errc::shutdown_timeout);
    } catch (const sys::system_error&) {
        co_return; // it is closed in any case
    }
    while (more_comes && !in.discard())
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(
            [&](auto handler) { in.async_wait(std::move(handler)); }, asio::use_awaitable);
}

asio::awaitable<void> serve(transport t, http_handler handler, endpoint_limits limits) {
    const auto alive = std::make_shared<char>();
    http_peer peer(std::move(t), limits);
    for (bool first = true;; first = false) {
        auto parser = std::make_unique<http_parser>(http_parser::kind::request, limits);
        error_code ec;
        try {
            co_await detail::timed(
                head_read(peer, *parser),
                first ? limits.handshake : limits.idle,
                errc::handshake_timeout);
        } catch (const sys::system_error& e) {
            ec = e.code();
        }
        if (ec) {
            if (const auto text = detail::http_reproach(ec);
                !text.empty() && (first || ec != errc::handshake_timeout)) {
                co_await detail::write_all(peer, text);
                co_await part(peer, true);
            }
            co_return;
        }
        const auto message =
            std::make_shared<detail::http_message_state>(std::move(peer), std::move(parser));
        message->server = alive;
        http_exchange x(message);
        co_await answer(x, handler);
        if (const auto& body = detail::http_access::body(x); body.out) {
            const bool whole = co_await body_written(*message, body);
            if (!whole)
                co_return;
        }
        if (!message->peer.in.get()) // others have the connection now
            co_return;
        const bool more = detail::http_access::goes_on(x) && co_await rest_read(message);
        if (!more) {
            const bool unread = !message->parser->done() || !message->peer.in->bytes().empty();
            co_return co_await part(message->peer, unread);
        }
        peer = std::move(message->peer);
    }
}

} // namespace

asio::awaitable<void> http_connection(transport t, http_handler handler, endpoint_limits limits) {
    try {
        co_await serve(std::move(t), std::move(handler), limits);
    } catch (const sys::system_error& e) {
        if (e.code() == asio::error::operation_aborted)
            throw;
        log(log_level::debug, std::string("http: ") + e.what());
    }
}

asio::awaitable<void>
http_serve(asio::ip::tcp::acceptor& acceptor, http_handler handler, endpoint_limits limits) {
    clock_service::duration pause{};
    for (;;) {
        error_code ec;
        auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
        if (detail::is_exhaustion(ec)) {
            co_await sleep_for(pause = detail::longer_pause(pause));
            continue;
        }
        if (detail::is_failure_of_a_connection(ec))
            continue;
        if (ec)
            throw sys::system_error(ec, "http_serve");
        pause = {};
        asio::co_spawn(
            acceptor.get_executor(),
            http_connection(std::move(socket), handler, limits),
            asio::detached);
    }
}

} // namespace streamx::io
