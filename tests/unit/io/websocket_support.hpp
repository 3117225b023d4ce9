#pragma once

#include <streamx/io/websocket.hpp>

#include <unit/io/support.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <utility>

namespace streamx::testing {

using io::close_code;
using io::websocket;
using io::websocket_message;
using io::websocket_options;
using ws_ptr = std::unique_ptr<websocket>;

/// A WebSocket over a connection in memory.
struct websocket_pair_test : connection_test {
    void SetUp() override { connect(); }

    void accept(const websocket_options& o = {}) {
        accepting = {};
        accepting.start(
            [&](auto h) { io::async_accept_websocket(std::move(*near), o, std::move(h)); });
    }
    void ask(const websocket_options& o = {}) {
        connecting = {};
        connecting.start([&](auto h) {
            io::async_connect_websocket(std::move(*far), "localhost", "/chat", o, std::move(h));
        });
    }
    /// Both ends of one.
    std::pair<ws_ptr, ws_ptr>
    both(const websocket_options& s = {}, const websocket_options& c = {}) {
        accept(s);
        ask(c);
        poll();
        EXPECT_FALSE(accepting->ec) << accepting->what;
        EXPECT_FALSE(connecting->ec) << connecting->what;
        return {std::move(accepting->value.value()), std::move(connecting->value.value())};
    }
    /// A server whose client is bytes that the test writes.
    ws_ptr raw_client(const websocket_options& o = {}) {
        accept(o);
        say("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
        poll();
        EXPECT_FALSE(accepting->ec) << accepting->what;
        return std::move(accepting->value.value());
    }

    completion_probe<ws_ptr> accepting, connecting;
};

} // namespace streamx::testing
