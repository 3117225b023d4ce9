#include "http_support.hpp"

#include <streamx/core/log.hpp>
#include <streamx/time/sleep_for.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

using namespace std::literals;

namespace streamx::testing {
namespace {

using http_test = http_fixture;

TEST_F(http_test, a_handler_answers_in_a_few_lines) {
    http_exchange* seen = nullptr;
    const auto got = answer(
        [&](http_exchange& x) -> awaitable<void> {
            seen = &x;
            EXPECT_EQ(x.request().method, "GET");
            EXPECT_EQ(x.request().path(), "/path");
            EXPECT_EQ(x.request().query("a"), "1");
            EXPECT_EQ(x.request().query("b"), "x y z");
            EXPECT_EQ(x.request().query("c"), "");
            EXPECT_EQ(x.request()["x-tWO"], "2");
            const http_exchange::field_list more{{"X-More", "yes"}}; // g++ 12 takes no braces below
            co_await x.respond(200, "text/plain", "hello", more);
        },
        get);
    EXPECT_TRUE(seen);
    EXPECT_EQ(
        got,
        "HTTP/1.1 200 OK\r\nX-More: yes\r\nContent-Type: text/plain\r\nContent-Length: "
        "5\r\n\r\nhello");
}

TEST_F(http_test, requests_follow_each_other_on_a_connection_also_without_waiting) {
    const auto got = answer(text, get + get + "HEAD /three HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(answers_in(got), 3u);
    EXPECT_TRUE(got.ends_with("\r\n\r\n")) << "a HEAD gets no body";
    EXPECT_EQ(served.calls(), 0) << "it waits for more";
}

TEST_F(http_test, who_asks_to_close_is_closed) {
    const auto got = answer(text, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(got.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(peer_saw, asio::error::eof);
    EXPECT_EQ(served.calls(), 1);
}

TEST_F(http_test, no_answer_is_404_and_a_throw_500_that_tells_nothing) {
    EXPECT_EQ(
        answer([](http_exchange&) -> awaitable<void> { co_return; }, get).substr(9, 3), "404");
    set_log_sink(nullptr);
    const auto got = answer(
        [](http_exchange&) -> awaitable<void> {
            throw std::runtime_error("secret");
            co_return;
        },
        get);
    set_log_sink({});
    EXPECT_EQ(got.substr(9, 3), "500");
    EXPECT_EQ(got.find("secret"), std::string::npos);
}

TEST_F(http_test, what_breaks_the_rules_is_told_so_and_closes_this_connection) {
    EXPECT_EQ(answer(text, "GARBAGE\r\n\r\n").substr(9, 3), "400");
    EXPECT_EQ(
        answer(text, "GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n").substr(9, 3),
        "431");
    EXPECT_EQ(peer_saw, asio::error::eof);
    end();
    poll();
    EXPECT_EQ(served.calls(), 1);
    EXPECT_EQ(served->ec, error_code());
}

TEST_F(http_test, a_client_that_does_not_finish_its_request_is_given_up) {
    virtual_clock clock(ctx);
    serve(text);
    say("GET / HT");
    clock.run_for(10s);
    EXPECT_EQ(heard().substr(9, 3), "408");
    clock.run_for(10s); // it does not go away either
    EXPECT_EQ(served.calls(), 1);
}

/// One whose peer does not hear the end, as one that reads nothing does not over TLS.
struct deaf : memory_stream {
    explicit deaf(memory_stream s) : memory_stream(std::move(s)) {}

    template <class Token>
    auto async_shutdown(Token&& token) {
        return async_sleep_for(get_executor(), 1h, std::forward<Token>(token));
    }
};

TEST_F(http_test, a_client_that_does_not_hear_the_end_is_given_up) {
    virtual_clock clock(ctx);
    const io::endpoint_limits limits;
    served.start([&](auto h) {
        asio::co_spawn(
            ctx, io::http_connection(io::transport(deaf(take())), text, limits), std::move(h));
    });
    say("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    clock.run_for(limits.shutdown - 1s);
    EXPECT_EQ(heard().substr(9, 3), "200");
    EXPECT_EQ(served.calls(), 0);
    clock.run_for(1s);
    EXPECT_EQ(served.calls(), 1);
    EXPECT_FALSE(served->failure) << served->what;
}

TEST_F(http_test, a_connection_that_stays_idle_is_closed_without_a_word) {
    virtual_clock clock(ctx);
    serve(text);
    say(get);
    clock.run_for(1s);
    EXPECT_NE(heard(), "");
    clock.run_for(61s);
    EXPECT_EQ(heard(), "");
    EXPECT_EQ(served.calls(), 1);
}

TEST_F(http_test, a_request_becomes_a_websocket) {
    serve([&](http_exchange& x) -> awaitable<void> {
        auto ws = x.upgrade();
        while (auto m = co_await ws.in.next())
            co_await ws.out.send({"echo " + m->data});
    });
    completion_probe<std::unique_ptr<io::websocket>> p;
    p.start(
        [&](auto h) { io::async_connect_websocket(std::move(*far), "x", "/", {}, std::move(h)); });
    poll();
    ASSERT_FALSE(p->ec) << p->what;
    auto ws = std::move(p->value.value());
    EXPECT_TRUE(ws->out.try_send({"hello"}));
    EXPECT_EQ(next(ctx, ws->in).value.value(), io::websocket_message{"echo hello"});
}

TEST_F(http_test, a_request_for_a_page_is_no_websocket_and_can_still_be_answered) {
    const auto got = answer(
        [](http_exchange& x) -> awaitable<void> {
            EXPECT_THROW(auto ws = x.upgrade(), boost::system::system_error);
            co_await x.respond(200, "text/plain", "a page");
        },
        get);
    EXPECT_EQ(body_of(got), "a page");
}

TEST_F(http_test, a_header_that_would_break_out_of_its_line_is_refused) {
    set_log_sink(nullptr);
    EXPECT_EQ(
        answer([](http_exchange& x) { return x.respond(200, "text/plain\r\nEvil: yes", ""); }, get)
            .find("Evil"),
        std::string::npos);
    set_log_sink({});
}

} // namespace
} // namespace streamx::testing
