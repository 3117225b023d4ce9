#include "commands.hpp"

#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/server.hpp>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>
#include <memory>

namespace asio = boost::asio;
namespace rsocket = streamx::rsocket;

/// Streams, channels, requests and messages of any route go through as they are, and so does credit: a
/// slow client on one side slows the producer on the other.
asio::awaitable<void> relay(const arguments& a) {
    const auto ex = co_await asio::this_coro::executor;
    const auto from = std::make_shared<rsocket::client>(co_await connect(a));
    rsocket::server server(ex, server_options_of(a));
    const std::string any = rsocket::router::any;
    server.on_stream(any, [from](rsocket::request r) {
        return from->request_stream(std::move(r.metadata), std::move(r.message));
    });
    server.on_channel(any, [from](rsocket::request r, rsocket::payload_stream in) {
        return from->request_channel(std::move(r.metadata), std::move(in));
    });
    server.on_response(any, [from](rsocket::request r) -> asio::awaitable<rsocket::payload> {
        return from->async_request_response(
            std::move(r.metadata), std::move(r.message), asio::use_awaitable);
    });
    server.on_fire_and_forget(any, [from](rsocket::request r) -> asio::awaitable<void> {
        return from->async_fire_and_forget(
            std::move(r.metadata), std::move(r.message), asio::use_awaitable);
    });
    const auto where = listen(server, a, a.out_url);
    std::cerr << "relaying to " << where << std::endl;
    co_await from->async_wait_closed(asio::use_awaitable);
}
