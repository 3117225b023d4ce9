#include "http_support.hpp"

#include <streamx/channels/broadcast.hpp>
#include <streamx/io/sse_stream.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::literals;

namespace streamx::testing {
namespace {

struct sse_test : http_fixture {
    /// Answers with events, of which there are none yet, and asks for them.
    void serve_heartbeats() {
        serve([&](http_exchange& x) -> awaitable<void> {
            events.emplace(x.events({.heartbeat = 10s}));
            co_return;
        });
        say(get);
    }

    std::optional<io::sse_sink> events;
};

TEST_F(sse_test, events_go_out_and_come_in) {
    connect();
    const std::vector<io::sse_frame> frames{
        io::sse_event{.data = "one\ntwo", .event = "kind", .id = "7"},
        io::sse_event{.data = "last"}};
    serve([&](http_exchange& x) -> awaitable<void> {
        auto out = x.events();
        for (const auto& frame : frames)
            co_await out.send(frame);
    });
    io::sse_request request;
    request.reconnect = false;
    const auto got = collect(
        ctx,
        io::sse_stream(
            ctx.get_executor(),
            [this]() -> awaitable<io::transport> { co_return std::move(*far); },
            request));
    EXPECT_TRUE(got.ended) << got.what;
    ASSERT_EQ(got.items.size(), 2u);
    EXPECT_EQ(got.items[0], (io::sse_event{.data = "one\ntwo", .event = "kind", .id = "7"}));
    EXPECT_EQ(got.items[1].data, "last");
}

TEST_F(sse_test, a_comment_is_the_heartbeat_and_a_client_that_leaves_is_noticed) {
    virtual_clock clock(ctx);
    serve_heartbeats();
    clock.run_for(1s);
    EXPECT_NE(heard().find("Content-Type: text/event-stream\r\n"), std::string::npos);
    clock.run_for(10s);
    EXPECT_EQ(heard(), ":\n\n");
    clock.run_for(30min);
    EXPECT_TRUE(events->is_open());
    far.reset();
    clock.run_for(1s);
    EXPECT_FALSE(events->is_open());
}

TEST_F(sse_test, there_is_no_heartbeat_while_there_are_events) {
    virtual_clock clock(ctx);
    serve_heartbeats();
    clock.run_for(1s);
    heard();
    for (int i = 0; i != 5; ++i) {
        EXPECT_TRUE(events->try_send(io::sse_event{.data = "x"}));
        clock.run_for(9s);
        EXPECT_EQ(heard(), "data: x\n\n");
    }
    clock.run_for(1s);
    EXPECT_EQ(heard(), ":\n\n") << "10 s after the last event";
}

TEST_F(sse_test, a_client_that_is_there_but_takes_nothing_is_given_up_without_an_event_too) {
    virtual_clock clock(ctx);
    connect(256);
    serve_heartbeats();
    clock.run_for(1s);
    EXPECT_TRUE(heard().ends_with("\r\n\r\n"));
    clock.run_for(10min);
    EXPECT_TRUE(events->is_open()) << "there is room for comments still";
    clock.run_for(10min);
    EXPECT_FALSE(events->is_open());
}

/// A feed with numbered events, and a client of it that can be cut off.
struct sse_resume_test : connection_test {
    awaitable<void> handle(http_exchange& x) {
        auto out = x.events();
        auto in =
            io::resume_after(feed.subscribe({.capacity = 100, .replay = 5}), x.last_event_id());
        while (auto frame = co_await in.next())
            co_await out.send(*std::move(frame));
    }
    io::sse_stream client(io::sse_request request = {}) {
        return io::sse_stream(
            ctx.get_executor(),
            [this]() -> awaitable<io::transport> {
                ++connections;
                connection_test::connect();
                asio::co_spawn(
                    ctx,
                    io::http_connection(take(), [this](http_exchange& x) { return handle(x); }),
                    asio::detached);
                cut = far->script();
                co_return std::move(*far);
            },
            std::move(request));
    }
    void put(int number) {
        EXPECT_TRUE(feed.try_put(io::sse_event{.data = "x", .id = std::to_string(number)}));
    }
    strings ids(io::sse_stream& s, virtual_clock& clock) {
        strings all;
        clock.run_for(5s);
        while (auto e = s.try_next())
            all.push_back(e->id), clock.run_for(1ms);
        return all;
    }

    broadcast<io::sse_frame> feed{
        ctx.get_executor(), {.no_subscribers = no_subscribers::discard, .retain = 5}};
    std::optional<memory_script> cut;
    int connections = 0;
};

TEST_F(sse_resume_test, a_client_that_comes_again_gets_what_it_has_missed_and_nothing_twice) {
    virtual_clock clock(ctx);
    auto s = client();
    clock.run_for(1s);
    put(1);
    put(2);
    EXPECT_EQ(ids(s, clock), (strings{"1", "2"}));
    cut->reset();
    put(3);
    put(4);
    EXPECT_EQ(ids(s, clock), (strings{"3", "4"}));
    EXPECT_EQ(connections, 2);
    put(5);
    EXPECT_EQ(ids(s, clock), strings{"5"});
    cut->reset();
    for (int i = 6; i != 16; ++i)
        put(i);
    EXPECT_EQ(ids(s, clock), (strings{"11", "12", "13", "14", "15"}))
        << "what is kept, and no more";
}

TEST_F(sse_resume_test, a_client_begins_where_it_is_told_to) {
    virtual_clock clock(ctx);
    for (int i = 1; i != 5; ++i)
        put(i);
    io::sse_request request;
    request.last_event_id = "3";
    auto s = client(request);
    EXPECT_EQ(ids(s, clock), strings{"4"});
}

TEST_F(sse_test, a_server_that_does_not_send_events_is_an_error_and_204_an_end) {
    for (const unsigned status : {204u, 404u, 200u}) {
        connect();
        serve([&](http_exchange& x) { return x.respond(status, "text/plain", ""); });
        const auto got = collect(
            ctx,
            io::sse_stream(
                ctx.get_executor(),
                [this]() -> awaitable<io::transport> { co_return std::move(*far); },
                {}));
        EXPECT_EQ(got.ended, status == 204);
        EXPECT_EQ(got.ec, status == 204 ? error_code() : error_code(errc::http_status));
    }
}

TEST_F(sse_test, a_stream_that_goes_closes_its_connection) {
    serve([&](http_exchange& x) -> awaitable<void> {
        auto out = x.events();
        co_await sleep_for(1h);
    });
    virtual_clock clock(ctx);
    const auto script = far->script();
    {
        const io::sse_stream s(
            ctx.get_executor(),
            [this]() -> awaitable<io::transport> { co_return std::move(*far); },
            {});
        clock.run_for(1s);
        EXPECT_FALSE(script.closed());
    }
    clock.run_for(1s);
    EXPECT_TRUE(script.closed());
}

} // namespace
} // namespace streamx::testing
