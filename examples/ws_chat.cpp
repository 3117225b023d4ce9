// A chat over WebSocket: what one member says, all hear. Each chooses what becomes of it when it is slow:
//
//   ws://127.0.0.1:PORT/?when=wait    everybody waits for it
//   ws://127.0.0.1:PORT/?when=drop    it misses the oldest messages
//   ws://127.0.0.1:PORT/?when=leave   it is cut off
//
//   ws_chat [PORT]

#include <streamx/channels/broadcast.hpp>
#include <streamx/io/http.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace io = streamx::io;
using namespace asio::experimental::awaitable_operators;
using room = streamx::broadcast<std::string>;

streamx::overflow policy(const std::string& when) {
    return when == "drop"    ? streamx::overflow::drop_oldest
           : when == "leave" ? streamx::overflow::disconnect
                             : streamx::overflow::wait;
}

asio::awaitable<void> listen(streamx::subscription<std::string> heard, io::websocket_sink& out) {
    while (auto said = co_await heard.next())
        co_await out.send({*std::move(said)});
    out.close(io::close_code::policy, "too slow"); // the room never closes: it was cut off
}

asio::awaitable<void> speak(io::websocket_stream& in, room& r) {
    while (auto message = co_await in.next())
        co_await r.put(std::move(message->data));
}

asio::awaitable<void> join(room& r, io::http_exchange& x) {
    auto heard = r.subscribe({.overflow = policy(x.request().query("when")), .capacity = 100});
    auto ws = x.upgrade();
    co_await (listen(std::move(heard), ws.out) || speak(ws.in, r));
}

int main(int argc, char** argv) {
    asio::io_context context(1);
    const auto port = static_cast<unsigned short>(argc > 1 ? std::atoi(argv[1]) : 0);
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    std::cout << "ws://127.0.0.1:" << acceptor.local_endpoint().port() << "/" << std::endl;

    room r(context.get_executor());
    asio::co_spawn(
        context,
        io::http_serve(acceptor, [&](io::http_exchange& x) { return join(r, x); }),
        asio::detached);
    context.run();
}
