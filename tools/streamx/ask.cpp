#include "commands.hpp"

#include <streamx/io/lines.hpp>
#include <streamx/io/tls.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/rsocket/client.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;
using rsocket::payload;

namespace {

void print_json_string(const std::string& s) {
    std::cout << '"';
    for (const char c : s) {
        const auto byte = static_cast<unsigned char>(c);
        char escaped[8];
        if (c == '"' || c == '\\') {
            std::cout << '\\' << c;
        } else if (byte < 0x20) {
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(byte));
            std::cout << escaped;
        } else {
            std::cout << c;
        }
    }
    std::cout << '"';
}

asio::awaitable<rsocket::client> connect(const arguments& a) {
    return rsocket::async_connect(a.url, client_options_of(a), asio::use_awaitable);
}

asio::awaitable<void> print(const arguments& a, rsocket::payload_stream items) {
    for (auto left = a.take; left != 0; --left) {
        auto item = co_await items.next();
        if (!item)
            break;
        print_item(a, item->data);
    }
}

auto stdin_lines(const asio::any_io_executor& ex) {
    return streamx::io::lines(asio::posix::stream_descriptor(ex, ::dup(STDIN_FILENO))) |
           streamx::map([](std::string_view line) { return payload{std::string(line)}; });
}

} // namespace

rsocket::client_options client_options_of(const arguments& a) {
    rsocket::client_options options;
    options.window = a.request;
    options.keepalive = std::chrono::milliseconds(a.keepalive);
    const bool secure = a.url.starts_with("tls:") || a.url.starts_with("wss:");
    if (secure && (a.insecure || !a.ca.empty())) {
        streamx::io::tls_options tls;
        tls.ca_file = a.ca;
        tls.verify = !a.insecure;
        options.tls.emplace(streamx::io::tls_role::client, tls);
    }
    if (!a.token.empty())
        options.who = rsocket::credentials{"bearer", "", a.token};
    return options;
}

void print_item(const arguments& a, const std::string& data) {
    if (a.json) {
        std::cout << "{\"data\":";
        print_json_string(data);
        std::cout << "}\n";
    } else {
        std::cout << data << '\n';
    }
    if (!std::cout.flush())
        throw output_closed();
}

asio::awaitable<void> sub(const arguments& a) {
    auto client = co_await connect(a);
    co_await print(a, client.request_stream(a.route));
}

asio::awaitable<void> pub(const arguments& a) {
    const auto ex = co_await asio::this_coro::executor;
    auto client = co_await connect(a);
    auto lines = stdin_lines(ex);
    if (a.channel) {
        co_await print(a, client.request_channel(a.route, std::move(lines)));
        co_return;
    }
    for (;;) {
        auto line = co_await lines.next();
        if (!line)
            break;
        co_await client.async_fire_and_forget(a.route, *std::move(line), asio::use_awaitable);
    }
    co_await client.async_close(asio::use_awaitable);
}

asio::awaitable<void> request(const arguments& a) {
    auto client = co_await connect(a);
    auto answer =
        co_await client.async_request_response(a.route, payload{a.payload}, asio::use_awaitable);
    print_item(a, answer.data);
}
