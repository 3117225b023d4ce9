#include "http_support.hpp"

#include <streamx/core/log.hpp>
#include <streamx/io/bytes_codec.hpp>
#include <streamx/io/json_lines_codec.hpp>
#include <streamx/io/line_codec.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::literals;

namespace streamx::testing {
namespace {

std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
}

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
    std::size_t answers = 0;
    for (auto at = got.find("HTTP/1.1 200"); at != std::string::npos;
         at = got.find("HTTP/1.1 200", at + 1))
        ++answers;
    EXPECT_EQ(answers, 3u);
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

TEST_F(http_test, a_body_comes_as_lines_however_it_is_sent_and_split) {
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

TEST_F(http_test, a_body_that_breaks_off_is_truncated) {
    for (const auto* request :
         {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
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

TEST_F(http_test, nothing_is_read_of_a_body_that_nobody_asks_for) {
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

TEST_F(http_test, a_client_that_waits_to_be_told_to_go_on_is_told_so) {
    const auto got = answer(
        [](http_exchange& x) -> awaitable<void> {
            const auto in = co_await x.body();
            co_await x.respond(200, "text/plain", "");
        },
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")) << got;
}

TEST_F(http_test, a_response_is_written_as_chunks_while_it_is_made) {
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

std::size_t answers_in(const std::string& got) {
    std::size_t n = 0;
    for (auto at = got.find("HTTP/1.1 200"); at != std::string::npos;
         at = got.find("HTTP/1.1 200", at + 1))
        ++n;
    return n;
}

TEST_F(http_test, requests_follow_a_response_that_was_made_while_it_was_written) {
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

TEST_F(http_test, a_response_may_be_written_for_longer_than_its_handler_runs) {
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

TEST_F(http_test, a_response_without_a_server_ends_its_connection) {
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

TEST_F(http_test, a_body_that_came_with_its_head_can_be_read_after_the_answer_has_begun) {
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

TEST_F(http_test, a_response_that_is_made_is_no_body_to_a_head_and_no_chunks_to_an_old_client) {
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

TEST_F(http_test, the_answer_to_a_client_that_sends_too_much_is_not_taken_back) {
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

TEST_F(http_test, ndjson_comes_in_and_goes_out_an_item_a_line) {
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

TEST_F(http_test, a_body_cannot_be_read_of_a_connection_that_was_handed_on) {
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

TEST_F(http_test, a_response_that_fails_is_broken_off) {
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

TEST_F(http_test, a_response_whose_handler_throws_is_seen_not_to_be_whole) {
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

TEST_F(http_test, a_slow_client_holds_back_who_makes_the_response) {
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
