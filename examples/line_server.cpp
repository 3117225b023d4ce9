// A server to telnet to: it answers each line with its length, until the client says `quit` or nothing
// more. It listens on 127.0.0.1, on the port that it is given or else on any, and ends with Ctrl-C.
//
//   $ streamx_example_line_server 7000
//   $ telnet 127.0.0.1 7000

// [line_server]
#include <streamx/io.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace io = streamx::io;
using asio::ip::tcp;

asio::awaitable<void> serve(tcp::socket socket) {
    auto [in, out] = io::framed<io::line_codec>(std::move(socket));
    std::string last = "goodbye"; // or what rule the client broke
    try {
        // A line has at most 64 KiB, and comes within a minute.
        while (auto line = co_await in.next()) {
            if (*line == "quit")
                break;
            // Suspended while the client takes no answers, and so reads no lines either.
            co_await out.send(std::to_string(line->size()));
        }
    } catch (const boost::system::system_error& e) {
        if (e.code() == streamx::condition::closed)
            co_return;
        last = e.code().message();
    }
    co_await out.send(last);
    co_await io::async_shutdown(std::move(in), std::move(out), asio::use_awaitable);
}

asio::awaitable<void> listen(tcp::acceptor& acceptor) {
    auto connections = io::accept_stream(acceptor);
    while (auto socket = co_await connections.next()) // waits when there are no descriptors left
        asio::co_spawn(acceptor.get_executor(), serve(*std::move(socket)), asio::detached);
}

asio::awaitable<void> stop(tcp::acceptor& acceptor) {
    io::signal_stream signals(acceptor.get_executor(), {SIGINT, SIGTERM});
    co_await signals.next();
    acceptor.close(); // ends the stream of connections; those that are open go on
}
// [/line_server]

int main(int argc, char** argv) {
    const auto port = static_cast<unsigned short>(argc > 1 ? std::atoi(argv[1]) : 0);
    asio::io_context context;
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
    std::cout << "listening on 127.0.0.1:" << acceptor.local_endpoint().port() << std::endl;
    asio::co_spawn(context, listen(acceptor), asio::detached);
    asio::co_spawn(context, stop(acceptor), asio::detached);
    context.run();
}
