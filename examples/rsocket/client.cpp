// Makes every kind of RSocket request to `server.cpp`.
//
//   rsocket_client URL

#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/rsocket/client.hpp>
#include <streamx/sources/from_range.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;
using asio::use_awaitable;
using rsocket::payload;

asio::awaitable<void> request_response(rsocket::client& client) {
    const payload hello("hello"), nothing;
    const auto answer = co_await client.async_request_response("shout", hello, use_awaitable);
    std::cout << "answer: " << answer.data << '\n';
    try {
        co_await client.async_request_response("shout", nothing, use_awaitable);
    } catch (const std::exception& e) {
        std::cout << "refused: " << e.what() << '\n';
    }
}

asio::awaitable<void> request_stream(rsocket::client& client) {
    auto numbers = client.request_stream("count", payload("5"));
    std::cout << "stream:";
    while (const auto item = co_await numbers.next())
        std::cout << ' ' << item->data;
    std::cout << '\n';
}

asio::awaitable<void> request_channel(rsocket::client& client) {
    const auto executor = co_await asio::this_coro::executor;
    auto words = streamx::from_range(std::vector<std::string>{"one", "two", "three"}) |
                 streamx::on(executor) |
                 streamx::map([](std::string s) { return payload(std::move(s)); });
    auto shouted = client.request_channel("shout", std::move(words));
    std::cout << "channel:";
    while (const auto item = co_await shouted.next())
        std::cout << ' ' << item->data;
    std::cout << '\n';
}

asio::awaitable<void> fire_and_forget(rsocket::client& client) {
    const payload event("something has happened");
    co_await client.async_fire_and_forget("log", event, use_awaitable);
    co_await client.async_metadata_push("all is well", use_awaitable);
}

asio::awaitable<void> run(std::string url) {
    const rsocket::client_options options;
    auto client = co_await rsocket::async_connect(std::move(url), options, use_awaitable);
    co_await request_response(client);
    co_await request_stream(client);
    co_await request_channel(client);
    co_await fire_and_forget(client);
    co_await client.async_close(use_awaitable);
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "rsocket_client URL\n";
        return 2;
    }
    asio::io_context context(1);
    int code = 0;
    asio::co_spawn(context, run(argv[1]), [&](std::exception_ptr failure) {
        try {
            if (failure)
                std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            std::cerr << "rsocket_client: " << e.what() << '\n';
            code = 1;
        }
    });
    context.run();
    return code;
}
