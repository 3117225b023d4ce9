#include "commands.hpp"

#include <streamx/io/lines.hpp>
#include <streamx/io/tls.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/rsocket/client.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;
using rsocket::payload;

namespace {

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

asio::awaitable<void> print(const arguments& a, rsocket::payload_stream items) {
    for (auto left = a.take; left != 0; --left) {
        auto item = co_await items.next();
        if (!item)
            break;
        print_item(a, item->data);
    }
}

auto stdin_lines(const asio::any_io_executor& ex) {
    return streamx::io::lines(asio::posix::stream_descriptor(ex, own_stdin())) |
           streamx::map([](std::string_view line) { return payload{std::string(line)}; });
}

} // namespace

asio::awaitable<rsocket::client> connect(const arguments& a) {
    const auto options = client_options_of(a);
    try {
        co_return co_await rsocket::async_connect(a.url, options, asio::use_awaitable);
    } catch (const boost::system::system_error& e) {
        throw boost::system::system_error(e.code(), "cannot connect to " + a.url);
    }
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
