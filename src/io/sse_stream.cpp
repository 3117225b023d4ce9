#include <streamx/io/sse_stream.hpp>

#include <streamx/core/error.hpp>
#include <streamx/io/detail/timed.hpp>
#include <streamx/io/http_body.hpp>
#include <streamx/time/sleep_for.hpp>

#include "http_io.hpp"
#include "http_parser.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

namespace streamx::io {
namespace {

namespace sys = boost::system;

constexpr std::size_t read_ahead = 16;

/// What one `sse_stream` does behind its channel.
struct sse_reader {
    sse_stream::connect_function connect;
    sse_request request;
    local_sender<sse_event> out;
    asio::cancellation_signal stop;
    bool done = false;
};
using sse_reader_ptr = std::shared_ptr<sse_reader>;

/// Whether another connection may do better.
bool worth_another(const error_code& ec) {
    return ec.category() != errc_category() || ec == condition::closed ||
           ec == condition::timed_out || ec == errc::truncated || ec == errc::tls_truncated;
}

asio::awaitable<std::shared_ptr<detail::http_message_state>> ask(sse_reader_ptr self) {
    const auto& request = self->request;
    auto fields = request.fields;
    fields.insert(
        fields.begin(),
        {{"Host", request.host}, {"Accept", "text/event-stream"}, {"Cache-Control", "no-store"}});
    if (!request.last_event_id.empty())
        fields.emplace_back("Last-Event-ID", request.last_event_id);
    const auto head = detail::http_request_head("GET", request.target, fields);

    detail::http_peer peer(co_await self->connect(), request.limits);
    co_await detail::write_all(peer, head);
    auto parser =
        std::make_unique<detail::http_parser>(detail::http_parser::kind::response, request.limits);
    co_await detail::read_head(peer, *parser);
    co_return std::make_shared<detail::http_message_state>(std::move(peer), std::move(parser));
}

/// The events of one connection. False: the server does not want us again.
asio::awaitable<bool> read_once(sse_reader_ptr self) {
    const auto message =
        co_await detail::timed(ask(self), self->request.limits.handshake, errc::handshake_timeout);
    const auto& head = message->parser->head();
    if (head.status == 204)
        co_return false;
    if (head.status != 200 || !head["Content-Type"].starts_with("text/event-stream"))
        throw sys::system_error(
            errc::http_status, "sse: the server answers " + std::to_string(head.status));
    auto events = http_items(
        http_body_stream(message), sse_codec(self->request.limits), self->request.limits);
    while (auto event = co_await events.next()) {
        self->request.last_event_id = event->id;
        if (event->retry)
            self->request.retry = *event->retry;
        co_await self->out.send(*std::move(event));
    }
    co_return true;
}

asio::awaitable<void> read_all(sse_reader_ptr self) {
    const std::shared_ptr<void> at_end(nullptr, [self](void*) { self->done = true; });
    for (;;) {
        error_code ec;
        std::exception_ptr failure;
        bool wanted = true;
        try {
            wanted = co_await read_once(self);
        } catch (...) {
            failure = std::current_exception();
            ec = to_error_code(failure);
        }
        if (!wanted)
            co_return self->out.close();
        if (!self->request.reconnect || (failure && !worth_another(ec))) {
            if (failure)
                self->out.close(failure);
            else
                self->out.close();
            co_return;
        }
        co_await sleep_for(self->request.retry);
    }
}

} // namespace

sse_stream::source
sse_stream::start(const asio::any_io_executor& ex, connect_function connect, sse_request request) {
    auto [tx, rx] = make_local_channel<sse_event>(ex, read_ahead);
    const sse_reader_ptr self(
        new sse_reader{std::move(connect), std::move(request), std::move(tx), {}, false});
    asio::co_spawn(
        ex, read_all(self), asio::bind_cancellation_slot(self->stop.slot(), asio::detached));
    // Posted, as Asio 1.81 reaches for a coroutine that is over when it is told from elsewhere.
    const auto stop = [self, ex](void*) {
        asio::post(ex, [self] {
            if (!self->done)
                self->stop.emit(asio::cancellation_type::terminal);
        });
    };
    return {std::move(rx), std::shared_ptr<void>(nullptr, stop)};
}

} // namespace streamx::io
