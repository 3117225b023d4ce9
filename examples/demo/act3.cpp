#include "act3_feed.hpp"
#include "acts.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <streamx/io/http.hpp>
#include <streamx/io/line_codec.hpp>
#include <streamx/io/lines.hpp>
#include <streamx/rsocket/server.hpp>
#include <streamx/sources/produce.hpp>
#include <streamx/terminals/async_drain.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace demo {

extern const char* const page; // page.html

namespace {

namespace asio = boost::asio;
namespace io = streamx::io;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using asio::ip::tcp;

/// So little is queued for a client that one that does not keep up is seen soon.
io::endpoint_limits small_queues() {
    io::endpoint_limits limits;
    limits.queued_bytes = 8 * 1024;
    return limits;
}

asio::awaitable<void> lines_to(feed& f, tcp::socket socket) {
    feed::member self(f, "TCP lines");
    auto out = io::lines_sink(std::move(socket), io::line_end::lf, small_queues());
    while (auto t = co_await self.ticks().next())
        co_await out.send(std::move(t->json));
}

asio::awaitable<void> events_to(feed& f, io::http_exchange& x) {
    feed::member self(f, "SSE", feed::room, x.last_event_id());
    auto out = x.events();
    while (auto t = co_await self.ticks().next())
        co_await out.send(std::move(t->event));
}

asio::awaitable<void> messages_to(feed& f, io::http_exchange& x) {
    feed::member self(f, "WebSocket");
    io::websocket_options options;
    options.limits = small_queues();
    auto ws = x.upgrade(options);
    const auto send = [&]() -> asio::awaitable<void> {
        while (auto t = co_await self.ticks().next())
            co_await ws.out.send({std::move(t->json)});
    };
    co_await (send() || streamx::async_drain(ws.in, asio::use_awaitable));
}

/// The ticks as an RSocket stream, for each who asks.
auto payloads_of(feed& f, const asio::any_io_executor& ex) {
    using streamx::rsocket::payload;
    return streamx::produce<payload>(
        ex, 1, [&f](streamx::sender<payload>& out) -> asio::awaitable<void> {
            feed::member self(f, "RSocket");
            while (auto t = co_await self.ticks().next())
                co_await out.send(payload(std::move(t->json)));
        });
}

asio::awaitable<void> answer(feed& f, io::http_exchange& x) {
    const auto path = x.request().path();
    if (path == "/")
        co_await x.respond(200, "text/html; charset=utf-8", page);
    else if (path == "/events")
        co_await events_to(f, x);
    else if (path == "/ws")
        co_await messages_to(f, x);
    else if (path == "/slow" && x.request().method == "POST") {
        f.slow(!f.slow());
        co_await x.respond(200, "application/json", f.slow() ? "true" : "false");
    }
}

/// Who says nothing at first wants lines; who speaks, speaks HTTP.
asio::awaitable<void> welcome(feed& f, tcp::socket socket) {
    const auto first = co_await (
        socket.async_wait(tcp::socket::wait_read, asio::use_awaitable) ||
        streamx::sleep_for(300ms));
    if (first.index() == 1)
        co_return co_await lines_to(f, std::move(socket));
    co_await io::http_connection(
        std::move(socket), [&f](io::http_exchange& x) { return answer(f, x); });
}

asio::awaitable<void> accept_all(feed& f, tcp::acceptor& acceptor) {
    for (;;)
        asio::co_spawn(
            acceptor.get_executor(),
            welcome(f, co_await acceptor.async_accept(asio::use_awaitable)),
            asio::detached); // its end is its client's doing
}

std::string table(const feed& f) {
    std::ostringstream out;
    out << "ticks " << grouped(f.ticks()) << ", the producer waits " << f.waiting().count() << " ms"
        << (f.slow() ? " (the archive is slow)" : "") << '\n';
    for (const auto* m : f.members())
        out << "  " << left(m->kind(), 12) << ' ' << bar(m->lag(), feed::room) << ' ' << m->lag()
            << " behind\n";
    return std::move(out).str();
}

/// The next ticks as the command-line tool gets them, in a process of its own.
asio::awaitable<void> show_tool(std::string tool, std::string url) {
    const auto command = tool + " sub " + url + " ticks --take 3";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    if (!pipe)
        co_return;
    auto lines = io::lines(asio::posix::stream_descriptor(
        co_await asio::this_coro::executor, ::dup(::fileno(pipe.get()))));
    std::cout << "$ " << command << '\n';
    while (const auto line = co_await lines.next())
        std::cout << *line << '\n';
    std::cout << std::endl;
}

asio::awaitable<void> show(const feed& f) {
    picture view;
    for (;;) {
        view.draw(table(f));
        co_await streamx::sleep_for(200ms);
    }
}

} // namespace

int act3(const arguments& args) {
    const bool terminal = is_terminal(12);
    const auto length = args.serve_for.count() != 0 ? args.serve_for
                        : terminal                  ? std::chrono::seconds::max()
                                                    : 20s;
    asio::io_context context(1);
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    feed f(context.get_executor());

    streamx::rsocket::server server(context.get_executor());
    server.on_stream("ticks", [&](const streamx::rsocket::request&) {
        return payloads_of(f, context.get_executor());
    });
    const auto rsocket = server.listen("tcp://127.0.0.1:0");

    const auto at = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
    std::cout << "This machine, live: http://" << at << "/\n"
              << "  the same as lines:     nc " << acceptor.local_endpoint().address().to_string()
              << ' ' << acceptor.local_endpoint().port() << "\n"
              << "  as events:             curl -N http://" << at << "/events\n"
              << "  as WebSocket messages: ws://" << at << "/ws\n"
              << "  as an RSocket stream:  " << (args.tool.empty() ? "streamx" : args.tool)
              << " sub " << rsocket << " ticks\n"
              << "  to make one slow:      curl -X POST http://" << at << "/slow\n\n"
              << std::flush;

    asio::signal_set signals(context, SIGINT);
    signals.async_wait([&](boost::system::error_code ec, int) {
        if (!ec)
            context.stop();
    });
    std::exception_ptr failure;
    const auto ends_it = [&](std::exception_ptr e) {
        failure = e;
        context.stop();
    };
    asio::co_spawn(context, f.produce(), ends_it);
    asio::co_spawn(context, f.archive(), ends_it);
    asio::co_spawn(context, accept_all(f, acceptor), ends_it);
    const auto look = [&]() -> asio::awaitable<void> {
        if (!args.tool.empty())
            co_await show_tool(args.tool, rsocket);
        if (terminal)
            co_await show(f);
    };
    asio::co_spawn(context, look(), [&](std::exception_ptr e) {
        if (e)
            ends_it(e);
    });
    if (length == std::chrono::seconds::max())
        context.run();
    else
        context.run_for(length);
    if (failure)
        std::rethrow_exception(failure);
    std::cout << "Served " << grouped(f.ticks()) << " ticks; the producer waited "
              << f.waited().count() << " ms for the slowest.\n";
    return EXIT_SUCCESS;
}

} // namespace demo
