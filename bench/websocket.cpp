// One direction over a WebSocket, server to client, two processes: binary messages.
//
//   websocket/streamx/one/<bytes>    a message a frame, as many as are queued in a write
//   websocket/streamx/many/<bytes>   several items a message: length_prefixed over websocket_bytes
//   websocket/beast/one/<bytes>      raw Beast, auto_fragment(false): an operation a message

#include "two_processes.hpp"

#include <streamx/io/length_prefixed.hpp>
#include <streamx/io/websocket.hpp>
#include <streamx/io/websocket_bytes.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace io = streamx::io;
namespace beast = boost::beast;
using namespace streamx::bench;

namespace {

constexpr asio::use_awaitable_t<executor> token;
using work = asio::awaitable<void, executor>;

/// Runs until the work is done; the connection stays, with its pings.
void run_until_done(asio::io_context& ctx, work w) {
    ctx.restart();
    asio::co_spawn(ctx, std::move(w), [&](std::exception_ptr failure) {
        check(failure);
        ctx.stop();
    });
    ctx.run();
}

// ------------------------------------------------------------------------------------------ streamx

template <class Initiate>
io::websocket made(asio::io_context& ctx, Initiate initiate) {
    std::unique_ptr<io::websocket> ws;
    initiate([&](boost::system::error_code ec, std::unique_ptr<io::websocket> w) {
        if (ec)
            throw boost::system::system_error(ec);
        ws = std::move(w);
        ctx.stop();
    });
    ctx.restart();
    ctx.run();
    return std::move(*ws);
}

io::websocket accepted(asio::io_context& ctx, socket_type socket) {
    return made(ctx, [&](auto handler) {
        io::async_accept_websocket(std::move(socket), {}, std::move(handler));
    });
}

io::websocket connected(asio::io_context& ctx, socket_type socket) {
    return made(ctx, [&](auto handler) {
        io::async_connect_websocket(std::move(socket), "localhost", "/", {}, std::move(handler));
    });
}

/// Sends `n` items, each made by `item(i)`, and waits until they are written.
template <class Sink, class Item>
work send(Sink& out, std::uint64_t n, Item item) {
    for (std::uint64_t i = 0; i != n; ++i) {
        auto&& one = item(i);
        while (!out.try_send(one))
            co_await out.async_wait(token);
    }
    co_await out.async_flush(token);
}

template <class Stream, class Number>
work receive(Stream& in, std::uint64_t n, Number number, std::uint64_t& sum) {
    while (n != 0) {
        auto item = in.try_next();
        if (!item) {
            co_await in.async_wait(token);
            continue;
        }
        sum += number(*item);
        --n;
    }
}

void streamx_one(std::size_t size) {
    pair(
        "websocket/streamx/one/" + std::to_string(size),
        [size](asio::io_context& ctx, socket_type socket, auto next_count) {
            auto ws = accepted(ctx, std::move(socket));
            message m(size);
            io::websocket_message made({}, true);
            while (const auto n = next_count())
                run_until_done(ctx, send(ws.out, n, [&](std::uint64_t i) -> auto& {
                                   made.data = m.number(i);
                                   return made;
                               }));
        },
        [](asio::io_context& ctx, socket_type socket, auto measure) {
            auto ws = connected(ctx, std::move(socket));
            measure([&](std::uint64_t n) {
                std::uint64_t sum = 0;
                const auto number = [](const io::websocket_message& m) {
                    return number_of(m.data);
                };
                run_until_done(ctx, receive(ws.in, n, number, sum));
                return sum;
            });
        });
}

void streamx_many(std::size_t size) {
    pair(
        "websocket/streamx/many/" + std::to_string(size),
        [size](asio::io_context& ctx, socket_type socket, auto next_count) {
            auto out =
                io::length_prefixed_sink(io::websocket_bytes(accepted(ctx, std::move(socket))));
            message m(size);
            while (const auto n = next_count())
                run_until_done(ctx, send(out, n, [&](std::uint64_t i) { return m.number(i); }));
        },
        [](asio::io_context& ctx, socket_type socket, auto measure) {
            auto in = io::length_prefixed<io::shared_bytes>(
                io::websocket_bytes(connected(ctx, std::move(socket))));
            measure([&](std::uint64_t n) {
                std::uint64_t sum = 0;
                const auto number = [](const io::shared_bytes& b) { return number_of(b); };
                run_until_done(ctx, receive(in, n, number, sum));
                return sum;
            });
        });
}

// -------------------------------------------------------------------------------------------- Beast

using beast_stream = beast::websocket::stream<socket_type>;

work beast_send(beast_stream& ws, message& m, std::uint64_t n) {
    for (std::uint64_t i = 0; i != n; ++i)
        co_await ws.async_write(asio::buffer(m.number(i)), token);
}

work beast_receive(
    beast_stream& ws, beast::flat_buffer& into, std::uint64_t n, std::uint64_t& sum) {
    for (; n != 0; --n) {
        const auto size = co_await ws.async_read(into, token);
        sum += number_of({static_cast<const char*>(into.data().data()), size});
        into.consume(size);
    }
}

void beast_one(std::size_t size) {
    pair(
        "websocket/beast/one/" + std::to_string(size),
        [size](asio::io_context& ctx, socket_type socket, auto next_count) {
            beast_stream ws(std::move(socket));
            ws.binary(true);
            ws.auto_fragment(false);
            ws.write_buffer_bytes(64 * 1024);
            ws.accept();
            message m(size);
            while (const auto n = next_count())
                run_until_done(ctx, beast_send(ws, m, n));
        },
        [](asio::io_context& ctx, socket_type socket, auto measure) {
            beast_stream ws(std::move(socket));
            ws.handshake("localhost", "/");
            beast::flat_buffer into;
            measure([&](std::uint64_t n) {
                std::uint64_t sum = 0;
                run_until_done(ctx, beast_receive(ws, into, n, sum));
                return sum;
            });
        });
}

} // namespace

int main(int argc, char** argv) {
    init(argc, argv);
    for (std::size_t size : {16u, 64u, 256u, 1024u, 16'384u}) {
        streamx_one(size);
        streamx_many(size);
        beast_one(size);
    }
}
