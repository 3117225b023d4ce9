#include "fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace streamx::testing {
namespace {

using asio::use_awaitable;

using closing_test = nats_test;

TEST_F(closing_test, what_waits_is_told_when_the_connection_closes) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto events = c.events();
        co_await make_stream(c);
        nats::jetstream_source<> source(c, durable());
        co_await c.async_close(use_awaitable);
        std::exception_ptr failure;
        try {
            auto none = co_await source.next();
        } catch (...) {
            failure = std::current_exception();
        }
        EXPECT_EQ(to_error_code(failure), nats::errc::connection_closed);
        EXPECT_EQ(events.get().state, nats::connection_state::closed);
        error_code ec;
        co_await c.async_request("x", "", 1s, asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, nats::errc::connection_closed);
    });
}

TEST_F(closing_test, what_is_made_while_the_connection_closes_fails) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        c.async_close([](error_code ec) { EXPECT_FALSE(ec); }); // begins
        nats::jetstream_source<> pulled(c, durable());
        nats::subject_source<> heard(c, {.subject = "x"});
        nats::sink_options o;
        o.subject = "s.x";
        nats::jetstream_sink<> sink(c, o);
        const auto [why_not_pulled, one] =
            co_await pulled.async_next(asio::as_tuple(use_awaitable));
        EXPECT_EQ(to_error_code(why_not_pulled), nats::errc::connection_closed);
        const auto [why_not_heard, two] = co_await heard.async_next(asio::as_tuple(use_awaitable));
        EXPECT_EQ(to_error_code(why_not_heard), nats::errc::connection_closed);
        const auto [why_not_sent] = co_await sink.async_send("x", asio::as_tuple(use_awaitable));
        EXPECT_EQ(why_not_sent, nats::errc::connection_closed);
        EXPECT_THROW(
            nats::subject_sink<>(c, {.subject = "x"}).try_send("x"), boost::system::system_error);
    });
}

std::size_t entries(const char* dir) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir), {}));
}

TEST_F(closing_test, nothing_is_left_after_many_connections) {
    servers();
    std::size_t descriptors = 0, threads = 0;
    for (int i = 0; i < 120; ++i) {
        if (i == 2) {
            descriptors = entries("/proc/self/fd");
            threads = entries("/proc/self/task");
        }
        asio::io_context own;
        asio::co_spawn(
            own,
            [&]() -> asio::awaitable<void> {
                auto c = co_await connect(own.get_executor());
                co_await make_stream(c);
                co_await publish(c, 10);
                nats::jetstream_source<> source(c, durable());
                for (int taken = 0; taken < (i % 2 ? 10 : 1); ++taken) { // some, or all of them
                    auto d = co_await source.next();
                    d->ack();
                }
            },
            [](std::exception_ptr e) { EXPECT_FALSE(e); });
        own.run_for(20s);
        ASSERT_TRUE(own.stopped());
    }
    EXPECT_EQ(entries("/proc/self/fd"), descriptors);
    // A thread that was joined is listed for a moment more.
    for (int i = 0; i < 500 && entries("/proc/self/task") > threads; ++i)
        std::this_thread::sleep_for(10ms);
    EXPECT_LE(entries("/proc/self/task"), threads);
}

TEST_F(closing_test, a_context_that_is_destroyed_closes_its_connections) {
    nats::connection kept;
    std::unique_ptr<nats::jetstream_source<>> source;
    std::optional<nats::delivery<std::string>> held;
    {
        asio::io_context own;
        asio::co_spawn(
            own,
            [&]() -> asio::awaitable<void> {
                kept = co_await connect(own.get_executor());
                co_await make_stream(kept);
                co_await publish(kept, 10);
                source = std::make_unique<nats::jetstream_source<>>(kept, durable());
                held = co_await source->next();
                own.stop();
            },
            [](std::exception_ptr e) { EXPECT_FALSE(e); });
        own.run_for(20s);
        ASSERT_TRUE(held);
    }
    EXPECT_EQ(kept.status().state, nats::connection_state::closed);
    EXPECT_EQ(**held, "0");
    held.reset();
    source.reset();
    EXPECT_EQ(kept.link().use_count(), 1);
}

/// What was published leaves nevertheless, and nothing waits for what the library would be told by a
/// context that runs: that would be half a second for each of the connections.
TEST_F(closing_test, a_context_that_is_destroyed_does_not_wait_for_open_connections) {
    run([this]() -> asio::awaitable<void> {
        constexpr std::size_t many = 20;
        const auto c = co_await connect();
        nats::subject_source<> said(c, {.subject = "last.words"});
        co_await make_stream(c); // and so it listens
        const auto began = std::chrono::steady_clock::now();
        {
            asio::io_context own;
            std::vector<nats::connection> all;
            std::vector<nats::jetstream_source<>> sources;
            asio::co_spawn(
                own,
                [&]() -> asio::awaitable<void> {
                    while (all.size() < many) {
                        all.push_back(co_await connect(own.get_executor()));
                        sources.emplace_back(all.back(), durable());
                    }
                    for (const auto& each : all) {
                        nats::subject_sink<> out(each, {.subject = "last.words"});
                        EXPECT_TRUE(out.try_send("bye"));
                        if (&each < &all[many / 2])
                            each.async_close([](error_code) {}); // begins, no more
                    }
                    own.stop();
                },
                [](std::exception_ptr e) { EXPECT_FALSE(e); });
            own.run_for(20s);
            EXPECT_EQ(all.size(), many);
            sources.clear();
        }
        EXPECT_LT(std::chrono::steady_clock::now() - began, many * 250ms);
        for (std::size_t i = 0; i != many; ++i) {
            const auto word = co_await said.next();
            EXPECT_EQ(word->value, "bye");
        }
    });
}

TEST_F(closing_test, a_context_that_is_destroyed_while_a_consumer_is_made_leaks_nothing) {
    servers();
    std::unique_ptr<nats::jetstream_source<>> source;
    asio::io_context own;
    nats::async_connect(own.get_executor(), options(), [&](error_code ec, nats::connection c) {
        ASSERT_FALSE(ec) << ec.message();
        source = std::make_unique<nats::jetstream_source<>>(c, durable());
        own.stop();
    });
    own.run_for(20s);
    ASSERT_TRUE(source);
}

} // namespace
} // namespace streamx::testing
