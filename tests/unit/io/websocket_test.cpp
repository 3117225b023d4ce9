#include <streamx/io/websocket.hpp>

#include <streamx/operators/on.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/terminals/forward_to.hpp>

#include <unit/io/websocket_support.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::literals;

namespace streamx::testing {
namespace {

static_assert(async_sink<io::websocket_sink, websocket_message>);
static_assert(async_stream_of<io::websocket_stream, websocket_message>);

using websocket_test = websocket_pair_test;

TEST_F(websocket_test, messages_go_both_ways) {
    auto [s, c] = both();
    EXPECT_FALSE(accepting->inside || connecting->inside);
    EXPECT_TRUE(s->out.try_send({"to the client"}));
    EXPECT_TRUE(c->out.try_send({"\x01\xff"s, true}));
    EXPECT_EQ(next(ctx, c->in).value.value(), websocket_message{"to the client"});
    EXPECT_EQ(next(ctx, s->in).value.value(), (websocket_message{"\x01\xff"s, true}));
    s->out.close();
    const auto rest = collect(ctx, std::move(c->in));
    EXPECT_TRUE(rest.ended) << rest.what;
    const auto other = collect(ctx, std::move(s->in));
    EXPECT_TRUE(other.ended) << other.what;
}

TEST_F(websocket_test, the_servers_answer_is_that_of_rfc_6455_section_1_3) {
    const auto ws = raw_client();
    EXPECT_NE(
        heard().find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
}

TEST_F(websocket_test, a_stream_is_forwarded_and_its_end_closes) {
    auto [s, c] = both();
    completion_probe<> p;
    p.start([&](auto h) {
        forward_to(
            from_range(std::vector<websocket_message>{{"1"}, {"2"}, {"3"}}) |
                on(ctx.get_executor()),
            std::move(s->out),
            std::move(h));
    });
    const auto got = collect(ctx, std::move(c->in));
    EXPECT_EQ(got.items.size(), 3u);
    EXPECT_TRUE(got.ended) << got.what;
}

TEST_F(websocket_test, compressed_messages_go_both_ways) {
    websocket_options o;
    o.deflate = true;
    for (const bool both_want : {true, false}) {
        connect();
        auto [s, c] = both(o, both_want ? o : websocket_options());
        const std::string text(100'000, 'x');
        for (auto* from : {&s, &c}) {
            auto& to = from == &s ? c : s;
            EXPECT_TRUE((*from)->out.try_send({text}));
            EXPECT_EQ((*from)->out.queued_bytes() < 1000, both_want);
            EXPECT_EQ(next(ctx, to->in).value.value(), websocket_message{text});
        }
    }
}

TEST_F(websocket_test, a_subprotocol_is_what_the_server_prefers_of_what_is_offered) {
    websocket_options s, c;
    s.subprotocols = {"three", "two", "one"};
    c.subprotocols = {"one", "two"};
    auto ends = both(s, c);
    EXPECT_EQ(ends.first->in.subprotocol(), "two");
    EXPECT_EQ(ends.second->in.subprotocol(), "two");
}

TEST_F(websocket_test, pings_are_answered_while_somebody_pulls) {
    auto ws = raw_client();
    heard();
    say("\x89\x84\0\0\0\0beat"s);
    EXPECT_TRUE(collect(ctx, ws->in).hung);
    EXPECT_EQ(
        heard(),
        "\x8a\x04"
        "beat");
}

TEST_F(websocket_test, the_code_of_a_close_is_in_the_error_and_is_answered) {
    const struct {
        std::string frame;
        error_code ec; // none: an end
        std::string answer;
    } cases[] = {
        {"\x88\x82\0\0\0\0\x03\xe8"s, {}, "\x88\x02\x03\xe8"s},
        {"\x88\x82\0\0\0\0\x03\xe9"s, {}, "\x88\x02\x03\xe9"s},
        {"\x88\x80\0\0\0\0"s, {}, "\x88\x00"s},
        {"\x88\x85\0\0\0\0\x03\xf0why"s, close_code::policy, "\x88\x02\x03\xf0"s},
        {"\x88\x82\0\0\0\0\x0f\xa1"s, static_cast<close_code>(4001), "\x88\x02\x0f\xa1"s},
        {"\x81\x05", errc::malformed, "\x88\x02\x03\xea"s},
        {"\x81\x81\0\0\0\0\xff"s, errc::malformed, "\x88\x02\x03\xef"s},
        {"\x81\xff\0\0\0\0\0\x10\0\1\0\0\0\0"s, errc::message_too_big, "\x88\x02\x03\xf1"s},
    };
    for (const auto& one : cases) {
        connect();
        auto ws = raw_client();
        heard();
        say(one.frame);
        const auto got = collect(ctx, ws->in);
        EXPECT_EQ(got.ec, one.ec) << got.what;
        EXPECT_EQ(got.ended, !one.ec);
        EXPECT_EQ(heard(), one.answer) << got.what;
        EXPECT_EQ(peer_saw, asio::error::eof);
        EXPECT_FALSE(ws->out.try_send({"late"}));
    }
    EXPECT_EQ(error_code(close_code::policy), condition::closed);
    EXPECT_EQ(error_code(close_code::protocol_error), condition::protocol_violation);
}

TEST_F(websocket_test, a_connection_that_just_ends_is_no_close) {
    auto ws = raw_client();
    end();
    EXPECT_EQ(collect(ctx, ws->in).ec, close_code::abnormal);
}

TEST_F(websocket_test, closing_says_why) {
    const auto bytes = [&](auto close) {
        connect();
        auto ws = raw_client();
        heard();
        close(ws);
        return heard();
    };
    EXPECT_EQ(bytes([](auto& ws) { ws->out.close(); }), "\x88\x02\x03\xe8"s);
    EXPECT_EQ(bytes([](auto& ws) { ws.reset(); }), "\x88\x02\x03\xe8"s) << "destroyed";
    EXPECT_EQ(
        bytes([](auto& ws) { ws->out.close(make_failure(close_code::restart, "")); }),
        "\x88\x02\x03\xf4"s);
    EXPECT_EQ(
        bytes(
            [](auto& ws) { ws->out.close(std::make_exception_ptr(std::runtime_error("secret"))); }),
        "\x88\x02\x03\xf3"s);
    EXPECT_EQ(
        bytes([](auto& ws) { ws->out.close(static_cast<close_code>(4000), "bye"); }),
        "\x88\x05\x0f\xa0"
        "bye"s);
}

TEST_F(websocket_test, a_quiet_peer_is_pinged_and_a_dead_one_given_up) {
    auto ws = raw_client();
    heard();
    virtual_clock clock(ctx);
    completion_probe<std::optional<websocket_message>> p;
    p.start([&](auto h) { ws->in.async_next(std::move(h)); });
    clock.run_for(20s);
    EXPECT_EQ(heard(), "\x89\x00"s);
    clock.run_for(20s);
    EXPECT_EQ(heard(), "\x89\x00"s);
    say("\x8a\x80\0\0\0\0"s); // at 40 s it answers
    clock.run_for(59s);
    EXPECT_EQ(p.calls(), 0);
    clock.run_for(1s);
    EXPECT_EQ(p->ec, errc::idle_timeout);
}

TEST_F(websocket_test, who_asks_for_something_else_is_told_so) {
    const struct {
        std::string head, status;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 426 "},
        {"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
         "HTTP/1.1 426 "},
        {"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\n\r\n",
         "HTTP/1.1 400 "},
    };
    for (const auto& one : cases) {
        connect();
        accept();
        say(one.head);
        EXPECT_EQ(heard().substr(0, one.status.size()), one.status);
        EXPECT_EQ(accepting->ec, errc::not_websocket);
    }
}

TEST_F(websocket_test, a_client_is_not_fooled) {
    for (const auto* answer :
         {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
          "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"}) {
        connect();
        ask();
        auto kept = std::make_shared<std::string>(answer);
        asio::async_write(*near, asio::buffer(*kept), [kept](error_code, std::size_t) {});
        poll();
        EXPECT_EQ(connecting->ec, errc::not_websocket);
    }
}

TEST_F(websocket_test, heads_that_are_bad_or_too_long_fail_the_handshake) {
    accept();
    say("GARBAGE\r\n\r\n");
    poll();
    EXPECT_EQ(accepting->ec, errc::malformed) << accepting->what;
    EXPECT_EQ(heard().substr(0, 13), "HTTP/1.1 400 ");

    connect();
    accept();
    say("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n");
    poll();
    EXPECT_EQ(accepting->ec, errc::header_too_long) << accepting->what;
    EXPECT_EQ(heard().substr(0, 13), "HTTP/1.1 431 ");

    connect();
    accept();
    say("GET / HT");
    end();
    poll();
    EXPECT_EQ(accepting->ec, errc::truncated) << accepting->what;

    connect();
    completion_probe<ws_ptr> p;
    p.start([&](auto h) {
        io::async_connect_websocket(std::move(*far), "x", "/ HTTP/1.1\r\nA: b", {}, std::move(h));
    });
    poll();
    EXPECT_EQ(p->ec, errc::unencodable);
}

TEST_F(websocket_test, a_handshake_ends_in_time_and_when_it_is_cancelled) {
    {
        virtual_clock clock(ctx);
        accept();
        clock.run_for(10s - 1ns);
        EXPECT_EQ(accepting.calls(), 0);
        clock.run_for(1ns);
        EXPECT_EQ(accepting->ec, errc::handshake_timeout);
    }
    using enum asio::cancellation_type;
    for (const auto how : {total, partial, terminal}) {
        connect();
        const auto script = far->script();
        asio::cancellation_signal stop;
        completion_probe<ws_ptr> p;
        p.start([&](auto h) {
            io::async_connect_websocket(
                std::move(*far),
                "x",
                "/",
                {},
                asio::bind_cancellation_slot(stop.slot(), std::move(h)));
        });
        poll();
        stop.emit(how);
        poll();
        EXPECT_EQ(p->ec, asio::error::operation_aborted);
        EXPECT_TRUE(script.closed());
    }
}

TEST_F(websocket_test, a_wait_that_is_cancelled_loses_nothing) {
    auto [s, c] = both();
    EXPECT_TRUE(c->in.try_next().is_pending());
    asio::cancellation_signal stop;
    completion_probe<> p;
    p.start(
        [&](auto h) { c->in.async_wait(asio::bind_cancellation_slot(stop.slot(), std::move(h))); });
    poll();
    stop.emit(asio::cancellation_type::total);
    poll();
    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_TRUE(s->out.try_send({"kept"}));
    EXPECT_EQ(next(ctx, c->in).value.value(), websocket_message{"kept"});
}

TEST_F(websocket_test, every_size_of_read_gives_the_same_messages) {
    for (const std::size_t most : {1u, 2u, 5u, 100u}) {
        connect();
        far->script().read_at_most(most);
        near->script().read_at_most(most);
        auto [s, c] = both();
        for (int i = 0; i != 20; ++i)
            EXPECT_TRUE(s->out.try_send({std::to_string(i)}));
        s->out.close();
        const auto got = collect(ctx, std::move(c->in));
        EXPECT_EQ(got.items.size(), 20u);
        EXPECT_TRUE(got.ended) << got.what;
    }
}

TEST_F(websocket_test, a_connection_whose_nth_operation_fails_ends_both_halves) {
    for (std::size_t n = 1; n != 6; ++n)
        for (const bool reading : {true, false}) {
            SCOPED_TRACE(n);
            connect();
            auto script = near->script();
            reading ? script.fail_read(n) : script.fail_write(n);
            accept();
            ask();
            poll();
            ASSERT_EQ(accepting.calls(), 1);
            if (connecting.calls() == 0) { // the server cannot write: it finds out and leaves
                accepting->value.reset();
                poll();
            }
            ASSERT_EQ(connecting.calls(), 1) << "it hangs";
            if (!accepting->value || accepting->ec || connecting->ec)
                continue;
            auto s = std::move(accepting->value.value());
            auto c = std::move(connecting->value.value());
            for (int i = 0; i != 4; ++i) {
                s->out.try_send({"x"});
                c->out.try_send({"y"});
                poll();
            }
            c->out.close();
            EXPECT_FALSE(collect(ctx, std::move(s->in)).hung);
            s.reset();
            EXPECT_FALSE(collect(ctx, std::move(c->in)).hung);
        }
}

} // namespace
} // namespace streamx::testing
