#include "http_support.hpp"

#include <streamx/io/line_codec.hpp>
#include <streamx/time/sleep_for.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

using namespace std::literals;

namespace streamx::testing {
namespace {

using http_body_test = http_fixture;

TEST_F(http_body_test, a_body_comes_as_lines_however_it_is_sent_and_split) {
    const auto handler = [](strings& lines) {
        return [&lines](http_exchange& x) -> awaitable<void> {
            auto in = co_await x.items<io::line_codec>();
            while (auto line = co_await in.next())
                lines.push_back(*std::move(line));
            co_await x.respond(200, "text/plain", "ok");
        };
    };
    for (const auto* request :
         {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\none\ntwo\nthree",
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
          "2\r\non\r\n6;x=y\r\ne\ntwo\n\r\n5\r\nthree\r\n0\r\n\r\n"})
        for (const std::size_t most : {1u, 2u, 7u, 1000u}) {
            connect();
            near->script().read_at_most(most);
            strings lines;
            serve(handler(lines));
            say(std::string(request) + get);
            const auto got = heard();
            EXPECT_EQ(lines, (strings{"one", "two", "three"})) << most;
            EXPECT_EQ(got.substr(9, 3), "200");
            EXPECT_NE(got.find("HTTP/1.1 200", 10), std::string::npos)
                << "the next request is answered";
        }
}

TEST_F(http_body_test, a_body_without_a_byte_may_end_in_pieces_of_any_size) {
    for (const std::size_t most : {1u, 2u, 3u, 4u, 1000u}) {
        connect();
        near->script().read_at_most(most);
        bool has_ended = false;
        serve([&](http_exchange& x) -> awaitable<void> {
            auto in = co_await x.body();
            has_ended = !co_await in.next();
            co_await x.respond(200, "text/plain", "ok");
        });
        say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
            std::string(get));
        const auto got = heard();
        EXPECT_TRUE(has_ended) << most;
        EXPECT_EQ(got.substr(9, 3), "200");
    }
}

TEST_F(http_body_test, a_body_that_breaks_off_is_truncated) {
    for (const auto* request :
         {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r"}) {
        connect();
        error_code ec;
        serve([&](http_exchange& x) -> awaitable<void> {
            auto in = co_await x.body();
            try {
                while (co_await in.next()) {
                }
            } catch (const boost::system::system_error& e) {
                ec = e.code();
            }
        });
        say(request);
        end();
        poll();
        EXPECT_EQ(ec, errc::truncated);
    }
}

TEST_F(http_body_test, nothing_is_read_of_a_body_that_nobody_asks_for) {
    connect(1000);
    virtual_clock clock(ctx);
    auto sent = far->script();
    serve([&](http_exchange& x) -> awaitable<void> {
        co_await sleep_for(1h);
        co_await x.respond(200, "text/plain", "late");
    });
    say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" +
        std::string(1'000'000, 'x'));
    clock.run_for(30min);
    EXPECT_LT(sent.written(), 20'000u);
    clock.run_for(1h);
    EXPECT_EQ(served.calls(), 1) << "what is left unread is too much: the connection ends";
}

TEST_F(http_body_test, a_client_that_waits_to_be_told_to_go_on_is_told_so) {
    const auto got = answer(
        [](http_exchange& x) -> awaitable<void> {
            const auto in = co_await x.body();
            co_await x.respond(200, "text/plain", "");
        },
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")) << got;
}

TEST_F(http_body_test, a_body_that_came_with_its_head_can_be_read_after_the_answer_has_begun) {
    strings lines;
    answer(
        [&](http_exchange& x) -> awaitable<void> {
            auto out = x.stream<io::line_codec>("text/plain");
            auto in = co_await x.items<io::line_codec>();
            while (auto line = co_await in.next())
                lines.push_back(*std::move(line));
        },
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_EQ(lines.size(), 1u);
}

TEST_F(http_body_test, the_answer_to_a_client_that_sends_too_much_is_not_taken_back) {
    connect(1000);
    auto sent = far->script();
    serve(text);
    say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x'));
    EXPECT_EQ(answers_in(heard()), 1u);
    EXPECT_EQ(peer_saw, asio::error::eof);
    EXPECT_GT(sent.written(), 200'000u) << "all of it is read";
    end();
    poll();
    EXPECT_EQ(served.calls(), 1);
}

TEST_F(http_body_test, a_body_cannot_be_read_of_a_connection_that_was_handed_on) {
    error_code ec;
    answer(
        [&](http_exchange& x) -> awaitable<void> {
            auto in = co_await x.body();
            auto out = x.events();
            try {
                co_await in.next();
            } catch (const boost::system::system_error& e) {
                ec = e.code();
            }
        },
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n");
    EXPECT_EQ(ec, errc::closed);
}

} // namespace
} // namespace streamx::testing
