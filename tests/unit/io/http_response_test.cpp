#include "http_support.hpp"

#include <streamx/core/log.hpp>
#include <streamx/io/bytes_codec.hpp>
#include <streamx/io/json_lines_codec.hpp>
#include <streamx/io/line_codec.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

using namespace std::literals;

namespace streamx::testing {
namespace {

using http_response_test = http_fixture;

TEST_F(http_response_test, a_response_is_written_as_chunks_while_it_is_made) {
    const auto got = answer(
        [](http_exchange& x) -> awaitable<void> {
            auto out = x.stream<io::line_codec>("text/plain");
            co_await out.send("one");
            co_await out.send("a longer line");
            co_await out.async_close(asio::use_awaitable);
        },
        get);
    EXPECT_NE(got.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_EQ(got.find("Connection: close"), std::string::npos);
    EXPECT_EQ(body_of(got), "4\r\none\n\r\ne\r\na longer line\n\r\n0\r\n\r\n");
    EXPECT_EQ(served.calls(), 0) << "it waits for more";
}

TEST_F(http_response_test, requests_follow_a_response_that_was_made_while_it_was_written) {
    const std::string posted = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
    const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "4\r\nbody\r\n0\r\n\r\n";
    enum class body { read_first, read_meanwhile, left };
    for (const body how : {body::read_first, body::read_meanwhile, body::left})
        for (const std::size_t most : {1u, 7u, 1000u}) {
            SCOPED_TRACE(static_cast<int>(how));
            connect();
            near->script().read_at_most(most);
            strings bodies;
            const auto read = [&](http_exchange& x) -> awaitable<void> {
                auto in = co_await x.body();
                std::string all;
                while (auto piece = co_await in.next())
                    all += *piece;
                bodies.push_back(all);
            };
            serve([&](http_exchange& x) -> awaitable<void> {
                if (how == body::read_first)
                    co_await read(x);
                auto out = x.stream<io::line_codec>("text/plain");
                co_await out.send("one");
                if (how == body::read_meanwhile)
                    co_await read(x);
            });
            say(posted + chunked + get);
            auto got = heard();
            EXPECT_EQ(answers_in(got), 3u) << "without waiting" << got;
            say(posted);
            got = heard();
            EXPECT_EQ(answers_in(got), 1u) << "after a while";
            EXPECT_TRUE(got.ends_with("\r\n\r\n4\r\none\n\r\n0\r\n\r\n")) << got;
            if (how != body::left) {
                EXPECT_EQ(bodies, (strings{"body", "body", "", "body"}));
            }
            EXPECT_EQ(served.calls(), 0);
            end();
            poll();
            EXPECT_EQ(served.calls(), 1);
        }
}

TEST_F(http_response_test, a_response_may_be_written_for_longer_than_its_handler_runs) {
    virtual_clock clock(ctx);
    std::optional<io::http_body_sink<io::line_codec>> out;
    serve([&](http_exchange& x) -> awaitable<void> {
        out.emplace(x.stream<io::line_codec>("text/plain"));
        co_return;
    });
    say(get);
    clock.run_for(10min); // longer than a connection may be idle
    EXPECT_TRUE(out->is_open());
    EXPECT_TRUE(out->try_send("late"));
    out->close();
    clock.run_for(1s);
    EXPECT_TRUE(heard().ends_with("\r\n\r\n5\r\nlate\n\r\n0\r\n\r\n"));
    clock.run_for(30s); // which counts from now on
    say(get);
    clock.run_for(1s);
    EXPECT_EQ(answers_in(heard()), 1u);
    out.reset();
    far.reset();
    clock.run_for(1s);
    EXPECT_EQ(served.calls(), 1);
}

TEST_F(http_response_test, a_response_without_a_server_ends_its_connection) {
    std::optional<io::http_body_sink<io::line_codec>> out;
    asio::cancellation_signal stop;
    bool stopped = false;
    asio::co_spawn(
        ctx,
        io::http_connection(
            take(),
            [&](http_exchange& x) -> awaitable<void> {
                out.emplace(x.stream<io::line_codec>("text/plain"));
                co_return;
            }),
        asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { stopped = true; }));
    say(get);
    poll();
    stop.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_TRUE(stopped);
    EXPECT_TRUE(out->is_open());
    out.reset();
    EXPECT_TRUE(heard().ends_with("\r\n\r\n0\r\n\r\n"));
    EXPECT_EQ(peer_saw, asio::error::eof);
}

TEST_F(
    http_response_test,
    a_response_that_is_made_is_no_body_to_a_head_and_no_chunks_to_an_old_client) {
    const auto two_lines = [](http_exchange& x) -> awaitable<void> {
        auto out = x.stream<io::line_codec>("text/plain");
        co_await out.send("one");
        co_await out.send("two");
    };
    auto got = answer(two_lines, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + get);
    EXPECT_EQ(answers_in(got), 2u);
    EXPECT_NE(got.find("\r\n\r\nHTTP/1.1 200"), std::string::npos) << got;

    got = answer(two_lines, "GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(body_of(got), "one\ntwo\n");
    EXPECT_EQ(got.find("Transfer-Encoding"), std::string::npos);
    EXPECT_NE(got.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(peer_saw, asio::error::eof);

    set_log_sink(nullptr);
    answer(
        [](http_exchange& x) -> awaitable<void> {
            auto out = x.stream<io::line_codec>("text/plain");
            throw std::runtime_error("in the middle");
            co_return;
        },
        "GET / HTTP/1.0\r\n\r\n");
    set_log_sink({});
    EXPECT_EQ(peer_saw, asio::error::connection_reset) << "the end would look like that of a body";
}

TEST_F(http_response_test, ndjson_comes_in_and_goes_out_an_item_a_line) {
    for (bool at_once : {true, false}) {
        connect();
        serve([](http_exchange& x) -> awaitable<void> {
            auto in = co_await x.items<io::json_lines_codec<int>>();
            auto out = x.stream<io::json_lines_codec<int>>("application/x-ndjson");
            while (auto number = co_await in.next())
                co_await out.send(2 * *number);
            co_await out.async_close(asio::use_awaitable);
        });
        const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n";
        say(at_once ? head + "1\n20\n3" : head);
        poll();
        if (!at_once)
            say("1\n20\n3");
        const auto got = heard();
        EXPECT_NE(got.find("Content-Type: application/x-ndjson\r\n"), std::string::npos) << got;
        EXPECT_EQ(body_of(got), "2\r\n2\n\r\n3\r\n40\n\r\n2\r\n6\n\r\n0\r\n\r\n");
    }
}

TEST_F(http_response_test, a_response_that_fails_is_broken_off) {
    const auto got = answer(
        [](http_exchange& x) -> awaitable<void> {
            auto out = x.stream<io::bytes_codec>("text/plain");
            co_await out.send("half");
            co_await out.async_flush(asio::use_awaitable);
            out.close(make_failure(errc::full, "test"));
        },
        get);
    EXPECT_FALSE(got.ends_with("0\r\n\r\n"));
    EXPECT_EQ(peer_saw, asio::error::connection_reset);
}

TEST_F(http_response_test, a_response_whose_handler_throws_is_seen_not_to_be_whole) {
    const auto got = answer(
        [](http_exchange& x) -> awaitable<void> {
            auto out = x.stream<io::line_codec>("text/plain");
            co_await out.send("half");
            throw std::runtime_error("in the middle");
        },
        get);
    EXPECT_EQ(body_of(got), "5\r\nhalf\n\r\n") << "without the last chunk";
    EXPECT_EQ(peer_saw, asio::error::eof);
}

TEST_F(http_response_test, a_slow_client_holds_back_who_makes_the_response) {
    connect(1000);
    io::endpoint_limits limits;
    limits.queued_bytes = 5000;
    std::size_t sent = 0;
    serve(
        [&](http_exchange& x) -> awaitable<void> {
            auto out = x.stream<io::bytes_codec>("text/plain");
            for (; sent != 1000; ++sent)
                co_await out.send(std::string(100, 'x'));
        },
        limits);
    say(get);
    poll();
    EXPECT_LT(sent, 100u);
    heard();
    EXPECT_EQ(sent, 1000u);
}

} // namespace
} // namespace streamx::testing
