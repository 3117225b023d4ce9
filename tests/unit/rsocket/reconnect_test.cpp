// A client without `resume` whose connection is lost.

#include "session_support.hpp"

#include <streamx/core/error.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {
namespace {

using testing::memory_stream;
using enum client_state;

struct reconnect_test : memory_fixture {
    int dialled = 0;
    int refused = 0; // of the next attempts
    std::optional<testing::memory_script> last;
    std::vector<client_state> states;

    reconnect_test() {
        asking.reconnect = {.initial = 1s, .max = 8s, .factor = 2, .jitter = 0};
        asking.on_state = [this](client_state s, error_code) { states.push_back(s); };
    }

    void serve_routes() {
        serve().on_response("echo", [](request r) { return std::move(r.message); });
        serve().on_stream("endless", [this](const request&) { return count_to(1'000'000'000); });
    }
    asio::awaitable<client> connect() {
        serve_routes();
        return async_connect(
            ctx.get_executor(),
            dialler([this](auto done) {
                asio::post(ctx, [this, done] {
                    ++dialled;
                    if (refused-- > 0)
                        return done(asio::error::connection_refused, {});
                    auto [mine, theirs] = memory_stream::pair(ctx.get_executor());
                    last = mine.script();
                    srv->accept(std::move(theirs));
                    done({}, std::move(mine));
                });
            }),
            asking,
            asio::use_awaitable);
    }
    static asio::awaitable<std::string> echo(client& c) {
        const auto answer =
            co_await c.async_request_response("echo", payload{"hello"}, asio::use_awaitable);
        co_return answer.data;
    }
    /// Loses the connection of a client with a stream, which fails.
    asio::awaitable<void> lose(client& c) {
        auto s = c.request_stream("endless");
        EXPECT_TRUE(co_await s.next());
        last->reset();
        error_code why;
        try {
            while (co_await s.next()) {
            }
        } catch (const system_error& e) {
            why = e.code();
        }
        EXPECT_EQ(why, streamx::errc::closed);
    }

    template <class Fn>
    void run(Fn fn) {
        memory_fixture::run(std::move(fn));
        srv.reset();
    }
};

TEST_F(reconnect_test, by_default_the_client_is_closed) {
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        EXPECT_EQ(c.state(), connected);
        co_await lose(c);
        EXPECT_FALSE(c.is_open());
        EXPECT_EQ(c.state(), closed);
    });
    EXPECT_EQ(dialled, 1);
    EXPECT_EQ(states, (std::vector{connected, closed}));
}

TEST_F(reconnect_test, what_is_open_fails_and_new_requests_wait_for_the_new_connection) {
    asking.lost = when_lost::wait;
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await lose(c);
        EXPECT_EQ(c.state(), reconnecting);
        refused = 2;
        const auto began = time.now();
        EXPECT_EQ(co_await echo(c), "hello");
        EXPECT_EQ(time.now() - began, 7s); // 1 + 2 + 4
        EXPECT_EQ(c.state(), connected);
        co_await lose(c);
        const auto again = time.now();
        EXPECT_EQ(co_await echo(c), "hello");
        EXPECT_EQ(time.now() - again, 1s); // a connection that was made begins the pauses anew
    });
    EXPECT_EQ(
        states, (std::vector{connected, reconnecting, connected, reconnecting, connected, closed}));
}

TEST_F(reconnect_test, a_server_that_stops_is_waited_for_whether_or_not_its_streams_have_ended) {
    asking.lost = when_lost::wait;
    for (const bool streaming : {false, true}) {
        SCOPED_TRACE(streaming);
        run([&]() -> asio::awaitable<void> {
            auto c = co_await connect();
            std::optional<payload_stream> s;
            if (streaming) {
                s = c.request_stream("endless");
                EXPECT_TRUE(co_await s->next());
            }
            boost::system::error_code stopped;
            co_await srv->async_stop(1s, asio::redirect_error(asio::use_awaitable, stopped));
            srv.reset();
            serve_routes();
            EXPECT_EQ(co_await echo(c), "hello");
            s.reset(); // which has nothing to do with the stream that has its number now
            EXPECT_EQ(co_await echo(c), "hello");
        });
    }
    EXPECT_EQ(dialled, 4);
}

TEST_F(reconnect_test, a_request_is_not_sent_in_the_place_of_one_that_the_lost_connection_had) {
    asking.lost = when_lost::wait;
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        std::optional old = c.request_stream("endless");
        EXPECT_TRUE(co_await old->next());
        last->reset();
        while (c.state() == connected)
            co_await asio::post(asio::use_awaitable);
        auto made = c.request_stream("endless"); // both are stream 1
        EXPECT_EQ((co_await made.next()).value().data, "1");
        old.reset();
        for (int i = 2; i != 1000; ++i)
            EXPECT_EQ((co_await made.next()).value().data, std::to_string(i));
    });
}

TEST_F(reconnect_test, who_closes_it_as_it_is_lost_ends_it) {
    asking.lost = when_lost::wait;
    std::optional<client> c;
    asking.on_state = [&](client_state s, error_code) {
        states.push_back(s);
        if (s == reconnecting)
            c->close();
    };
    run([&]() -> asio::awaitable<void> {
        c = co_await connect();
        last->reset();
        boost::system::error_code end;
        co_await c->async_wait_closed(asio::redirect_error(asio::use_awaitable, end));
        EXPECT_EQ(c->state(), closed);
        co_await async_sleep_for(ctx.get_executor(), 20s, asio::use_awaitable);
        c.reset();
    });
    EXPECT_EQ(dialled, 1);
    EXPECT_EQ(states, (std::vector{connected, reconnecting, closed}));
}

TEST_F(reconnect_test, new_requests_fail_until_there_is_a_connection) {
    asking.lost = when_lost::fail;
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await lose(c);
        error_code why;
        try {
            co_await echo(c);
        } catch (const system_error& e) {
            why = e.code();
        }
        EXPECT_EQ(why, streamx::errc::closed);
        co_await async_sleep_for(ctx.get_executor(), 2s, asio::use_awaitable);
        EXPECT_EQ(c.state(), connected);
        EXPECT_EQ(co_await echo(c), "hello");
    });
}

TEST_F(reconnect_test, when_no_attempt_is_left_it_is_closed_with_why_the_last_one_failed) {
    asking.lost = when_lost::wait;
    asking.reconnect.limit = 3;
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await lose(c);
        refused = 100;
        error_code why;
        try {
            co_await echo(c);
        } catch (const system_error& e) {
            why = e.code();
        }
        EXPECT_EQ(why, errc::connection_error);
        EXPECT_EQ(c.state(), closed);
        boost::system::error_code end;
        co_await c.async_wait_closed(asio::redirect_error(asio::use_awaitable, end));
        EXPECT_EQ(end, asio::error::connection_refused);
    });
    EXPECT_EQ(dialled, 4);
}

TEST_F(reconnect_test, a_server_that_refuses_the_client_ends_it) {
    asking.lost = when_lost::wait;
    bool welcome = true;
    serving.authenticator = [&](const std::optional<credentials>&) { return welcome; };
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await lose(c);
        welcome = false;
        error_code why;
        try {
            co_await echo(c);
        } catch (const system_error& e) {
            why = e.code();
        }
        EXPECT_EQ(why, errc::rejected_setup);
        EXPECT_EQ(c.state(), closed);
    });
    EXPECT_EQ(dialled, 2);
}

} // namespace
} // namespace streamx::rsocket
