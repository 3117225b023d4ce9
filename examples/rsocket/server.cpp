// Answers every kind of RSocket request; `client.cpp` makes them, and so does the page at `page.html`.
//
//   rsocket_server [URL]      (by default tcp://127.0.0.1:0)

#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/rsocket/server.hpp>
#include <streamx/sources/range.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;
using rsocket::payload;

payload shout(payload p) {
    std::ranges::transform(p.data, p.data.begin(), [](unsigned char c) { return std::toupper(c); });
    return payload(std::move(p.data));
}

int main(int argc, char** argv) {
    asio::io_context context(1);
    rsocket::server server(context.get_executor());

    // request-response: a payload, or an awaitable of one
    server.on_response("shout", [](rsocket::request r) -> asio::awaitable<payload> {
        if (r.message.data.empty())
            throw std::invalid_argument("there is nothing to shout");
        co_return shout(std::move(r.message));
    });

    // request-stream: any stream of payloads, pulled as the client asks for more
    server.on_stream("count", [&](const rsocket::request& r) {
        return streamx::range(1, std::stoi(r.message.data) + 1) |
               streamx::on(context.get_executor()) |
               streamx::map([](int i) { return payload(std::to_string(i)); });
    });

    // request-channel: what comes, and what goes back
    server.on_channel("shout", [](const rsocket::request&, rsocket::payload_stream said) {
        return std::move(said) | streamx::map(shout);
    });

    // fire-and-forget, and metadata of the whole connection
    server.on_fire_and_forget("log", [](const rsocket::request& r) {
        std::cout << "logged: " << r.message.data << std::endl;
    });
    server.on_metadata_push(
        [](const std::string& metadata) { std::cout << "pushed: " << metadata << std::endl; });

    std::cout << server.listen(argc > 1 ? argv[1] : "tcp://127.0.0.1:0") << std::endl;
    asio::signal_set stop(context, SIGINT, SIGTERM);
    stop.async_wait([&](boost::system::error_code, int) {
        server.async_stop(std::chrono::seconds(1), [](boost::system::error_code) {});
    });
    context.run();
}
