// A server and a client in one process, over a real connection: a stream, a channel, a response, a
// message that has no answer, and a failure that keeps its text.
//
// Prints:
//   stream: 1 2 3
//   channel: A B
//   response: HELLO
//   noted: it rained
//   failed: the request was given up by the peer
//   stopped

#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/rsocket.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cctype>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;
using asio::use_awaitable;
using rsocket::payload;

payload upper(payload p) {
    for (char& c : p.data)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return p;
}

// [server]
void serve(rsocket::server& server) {
    const auto ex = server.get_executor();
    server.on_stream("numbers", [ex](const rsocket::request& r) {
        return streamx::range(1, std::stoi(r.message.data) + 1) | streamx::on(ex) |
               streamx::map([](int i) { return payload(std::to_string(i)); });
    });
    server.on_channel("upper", [](const rsocket::request&, rsocket::payload_stream in) {
        return std::move(in) | streamx::map(upper);
    });
    server.on_response("upper", [](rsocket::request r) { return upper(std::move(r.message)); });
    server.on_response("patience", [](const rsocket::request&) -> payload {
        throw boost::system::system_error(rsocket::errc::canceled);
    });
    server.on_fire_and_forget("note", [](const rsocket::request& r) {
        std::cout << "noted: " << r.message.data << '\n';
    });
}
// [/server]

asio::awaitable<void> print(const char* title, rsocket::payload_stream items) {
    std::cout << title;
    while (auto item = co_await items.next())
        std::cout << ' ' << item->data;
    std::cout << '\n';
}

// [client]
asio::awaitable<void> ask(std::string url) {
    auto client = co_await rsocket::async_connect(url, {}, use_awaitable);

    co_await print("stream:", client.request_stream("numbers", payload("3")));

    std::vector<payload> words{payload("a"), payload("b")};
    auto out = streamx::from_range(std::move(words)) | streamx::on(client.get_executor());
    co_await print("channel:", client.request_channel("upper", std::move(out)));

    auto answer = co_await client.async_request_response("upper", payload("hello"), use_awaitable);
    std::cout << "response: " << answer.data << '\n';

    co_await client.async_fire_and_forget("note", payload("it rained"), use_awaitable);
    try {
        co_await client.async_request_response("patience", payload(), use_awaitable);
    } catch (const boost::system::system_error& e) {
        std::cout << "failed: " << e.code().message() << '\n';
    }
    co_await client.async_close(use_awaitable);
}
// [/client]

int main() {
    asio::io_context context;
    rsocket::server server(context.get_executor());
    serve(server);
    const auto url = server.listen("tcp://127.0.0.1:0");
    asio::co_spawn(context, ask(url), [&](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
        server.async_stop(
            std::chrono::seconds(1), [](boost::system::error_code) { std::cout << "stopped\n"; });
    });
    context.run();
}
