// A server for what the tool does not do: values in JSON, and requests that are made of a client.

#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/rsocket/json.hpp>
#include <streamx/rsocket/server.hpp>
#include <streamx/sources/range.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/value.hpp>

#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
namespace rsocket = streamx::rsocket;
using asio::use_awaitable;
using rsocket::payload;

namespace {

/// Makes each kind of request, and says what has come of it.
asio::awaitable<json::value> ask_back(rsocket::requester peer) {
    const auto ex = co_await asio::this_coro::executor;
    json::object got;
    const payload hello("hello"), nothing;
    auto answer = co_await peer.async_request_response("echo", hello, use_awaitable);
    got["response"] = answer.data;
    const json::value question{{"n", 20}};
    got["typed"] =
        co_await peer.async_request_response<json::value>("double", question, use_awaitable);
    try {
        co_await peer.async_request_response("fail", nothing, use_awaitable);
    } catch (const std::exception& e) {
        got["failure"] = e.what();
    }
    json::array items;
    auto numbers = peer.request_stream("numbers");
    while (const auto item = co_await numbers.next())
        items.emplace_back(item->data);
    got["stream"] = std::move(items);
    json::array some;
    {
        auto endless = peer.request_stream("endless");
        for (int i = 0; i != 3; ++i) {
            const auto item = co_await endless.next();
            some.emplace_back(item->data);
        }
    } // and no more of it
    got["cancelled"] = std::move(some);
    json::array back;
    auto ours = streamx::range(1, 6) | streamx::on(ex) |
                streamx::map([](int i) { return payload(std::to_string(i)); });
    auto theirs = peer.request_channel("quoted", std::move(ours));
    while (const auto item = co_await theirs.next())
        back.emplace_back(item->data);
    got["channel"] = std::move(back);
    co_await peer.async_fire_and_forget("log", hello, use_awaitable);
    co_return got;
}

} // namespace

int main(int, char** argv) {
    asio::io_context context(1);
    const auto ex = context.get_executor();
    rsocket::server_options options;
    options.window = 10;
    rsocket::server server(ex, options);
    server.on_stream<json::value, json::value>("count", [ex](const json::value& query) {
        const auto symbol = query.at("symbol").as_string();
        return streamx::range(0, query.at("items").to_number<int>()) | streamx::on(ex) |
               streamx::map(
                   [symbol](int i) { return json::value{{"symbol", symbol}, {"price", i}}; });
    });
    server.on_channel<int, int>("double", [](rsocket::typed_stream<int> in) {
        return std::move(in) | streamx::map([](int i) { return 2 * i; });
    });
    server.on_response<std::string, std::string>("text", [](std::string s) { return s + "!"; });
    server.on_response<void, json::value>(
        "ask-back", [](const rsocket::request& r) { return ask_back(r.peer); });
    std::cerr << "listening on " << server.listen(argv[1]) << std::endl;
    context.run();
}
