#include "fixture.hpp"

#include <streamx/io/line_codec.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/forward_to.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/redirect_error.hpp>

#include <filesystem>
#include <optional>
#include <set>
#include <vector>

namespace streamx::testing {
namespace {

using asio::use_awaitable;
using strings = std::vector<std::string>;

struct jetstream_test : nats_test {
    static nats::source_options durable(std::string name = "d") {
        nats::source_options o;
        o.stream = "S";
        o.durable = std::move(name);
        o.heartbeat = 200ms;
        return o;
    }
    static strings numbers(int n, int from = 0) {
        strings all;
        for (int i = from; i < from + n; ++i)
            all.push_back(std::to_string(i));
        return all;
    }
    /// The values of the next `n` deliveries, acknowledged.
    template <class Source>
    static asio::awaitable<strings> take_values(Source& source, std::size_t n) {
        strings got;
        while (got.size() < n) {
            auto d = co_await source.next();
            got.push_back(d->value());
            d->ack();
        }
        co_return got;
    }
};

TEST_F(jetstream_test, what_is_published_comes_out_in_order_with_its_metadata) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        EXPECT_EQ(c.status().state, nats::connection_state::connected);
        co_await make_stream(c);
        co_await make_stream(c); // again: nothing happens
        co_await publish(c, 3000);

        nats::jetstream_source<> source(c, durable());
        for (int i = 0; i <= 20; ++i) {
            auto d = co_await source.next();
            EXPECT_EQ(**d, std::to_string(i));
            EXPECT_EQ(d->sequence(), static_cast<std::uint64_t>(i + 1));
            EXPECT_EQ(d->subject(), "s.x");
            EXPECT_EQ(d->delivered(), 1u);
            EXPECT_FALSE(d->header("Nats-Msg-Id").empty());
            co_await d->async_ack_sync(use_awaitable);
        }
    });
}

TEST_F(jetstream_test, what_nobody_has_answered_comes_again_to_whoever_asks_next) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 4);
        {
            nats::jetstream_source<> first(c, durable());
            const auto done = co_await take_values(first, 1);
            auto dropped = co_await first.next();
            EXPECT_EQ(**dropped, "1");
        } // and two more wait in the source
        nats::jetstream_source<> second(c, durable());
        std::set<std::string> got;
        for (int i = 0; i < 3; ++i) {
            auto d = co_await second.next();
            EXPECT_EQ(d->delivered(), 2u) << **d;
            got.insert(**d);
            d->ack();
        }
        EXPECT_EQ(got, (std::set<std::string>{"1", "2", "3"}));
    });
}

TEST_F(jetstream_test, nak_with_delay_term_in_progress_and_max_deliver) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 4);
        auto o = durable();
        o.ack_wait = 600ms;
        o.max_deliver = 2;
        nats::jetstream_source<> source(c, o);
        auto later = co_await source.next();
        auto dead = co_await source.next();
        auto held = co_await source.next();
        auto tried = co_await source.next();
        const auto start = std::chrono::steady_clock::now();
        later->nak(300ms);
        dead->term();
        tried->nak();
        tried = co_await source.next();
        EXPECT_EQ(**tried, "3");
        tried->nak(); // its second time was the last
        later = co_await source.next();
        EXPECT_EQ(**later, "0");
        EXPECT_GE(std::chrono::steady_clock::now() - start, 300ms);
        EXPECT_TRUE(dead->is_answered());
        co_await later->async_ack_sync(use_awaitable);
        error_code ec;
        co_await later->async_ack_sync(asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, nats::errc::already_answered);
        for (int i = 0; i < 4; ++i) { // longer than its time
            co_await sleep_for(250ms);
            held->in_progress();
        }
        EXPECT_TRUE(source.try_next().is_pending());
        held->ack();
    });
}

TEST_F(jetstream_test, what_is_held_is_kept_alive_by_itself_if_asked_for) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 2);
        auto o = durable();
        o.ack_wait = 600ms;
        o.auto_in_progress = true;
        nats::jetstream_source<> source(c, o);
        auto held = co_await source.next();
        co_await sleep_for(1500ms);
        auto waiting = co_await source.next();
        EXPECT_EQ(waiting->delivered(), 1u);
        EXPECT_TRUE(source.try_next().is_pending());
        held->ack();
        waiting->ack();
    });
}

TEST_F(jetstream_test, a_consumer_begins_where_it_is_told_to) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 5);
        std::string got;
        const auto first = [&](nats::deliver_from from) -> asio::awaitable<std::string> {
            nats::source_options o;
            o.stream = "S";
            o.deliver_from = from;
            nats::jetstream_source<> source(c, o);
            auto d = co_await source.next();
            co_return d->value();
        };
        got = co_await first(nats::deliver_from::all());
        EXPECT_EQ(got, "0");
        got = co_await first(nats::deliver_from::last());
        EXPECT_EQ(got, "4");
        got = co_await first(nats::deliver_from::last_per_subject());
        EXPECT_EQ(got, "4");
        got = co_await first(nats::deliver_from::sequence(3));
        EXPECT_EQ(got, "2");
        const auto now = std::chrono::system_clock::now();
        nats::source_options o;
        o.stream = "S";
        o.deliver_from = nats::deliver_from::new_only();
        nats::consumer_config config;
        config.stream = "S";
        config.durable = "new";
        config.deliver_from = o.deliver_from;
        co_await nats::ensure_consumer(c, config, use_awaitable);
        co_await publish(c, 1, 5);
        got = co_await first(nats::deliver_from::time(now));
        EXPECT_EQ(got, "5");
        o.durable = "new";
        o.consumer_exists = true;
        nats::jetstream_source<> source(c, o);
        const auto values = co_await take_values(source, 1);
        EXPECT_EQ(values, numbers(1, 5));
    });
}

TEST_F(jetstream_test, two_workers_share_what_there_is) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        auto o = durable();
        o.capacity = 8;
        nats::jetstream_source<> a(c, o), b(c, o);
        co_await publish(c, 200);
        std::set<std::string> got;
        while (got.size() < 200)
            for (auto* s : {&a, &b})
                if (auto d = s->try_next()) {
                    EXPECT_TRUE(got.insert(**d).second);
                    d->ack();
                } else {
                    co_await sleep_for(1ms);
                }
    });
}

TEST_F(jetstream_test, a_stuck_consumer_holds_no_more_than_its_capacity) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 500);
        auto o = durable();
        o.capacity = 16;
        nats::jetstream_source<> stuck(c, o);
        co_await stuck.async_wait(use_awaitable);
        co_await sleep_for(300ms);
        auto pending = co_await c.async_request("$JS.API.CONSUMER.INFO.S.d", "", 2s, use_awaitable);
        EXPECT_NE(pending.find("\"num_ack_pending\":16,"), std::string::npos) << pending;
    });
}

TEST_F(jetstream_test, small_items_go_together_and_a_message_is_acknowledged_with_its_last_item) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        nats::sink_options o;
        o.subject = "s.lines";
        o.items_per_message = 100;
        nats::jetstream_sink<io::line_codec> sink(c, o);
        co_await forward_to(
            range(0, 950) | map([](int i) { return std::to_string(i); }), sink, use_awaitable);
        co_await sink.async_flush(use_awaitable);
        EXPECT_EQ(sink.stats().acknowledged, 10u);

        nats::jetstream_source<io::line_codec> source(c, durable());
        const auto got = co_await take_values(source, 950);
        EXPECT_EQ(got, numbers(950));
    });
}

TEST_F(jetstream_test, a_message_that_is_sent_again_with_its_id_is_stored_once) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        for (int i = 0; i < 2; ++i) {
            nats::sink_options o;
            o.subject = "s.x";
            o.id_prefix = "producer";
            nats::jetstream_sink<> sink(c, o);
            co_await sink.async_send("once", use_awaitable);
            EXPECT_EQ(sink.stats().duplicates, static_cast<unsigned>(i));
            EXPECT_EQ(sink.stats().last_sequence, 1u);
        }
    });
}

TEST_F(jetstream_test, what_cannot_be_stored_fails_the_sink_with_the_servers_reason) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        nats::stream_config config;
        config.name = "S";
        config.subjects.push_back("s.>");
        config.max_message_size = 10;
        co_await nats::ensure_stream(c, config, use_awaitable);
        nats::sink_options o;
        o.subject = "s.x";
        nats::jetstream_sink<> sink(c, o);
        error_code ec;
        co_await sink.async_send(std::string(100, 'x'), asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, error_code(10054, nats::jetstream_category())) << ec.message();
        std::string next = "short";
        EXPECT_FALSE(sink.try_send(next));
        EXPECT_EQ(next, "short");
    });
}

TEST_F(jetstream_test, what_waits_is_told_when_the_connection_closes) {
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

TEST_F(jetstream_test, connecting_to_nobody_is_an_error) {
    run([this]() -> asio::awaitable<void> {
        nats::connect_options o;
        o.servers = {"nats://127.0.0.1:1"};
        error_code ec;
        auto ex = ctx.get_executor();
        auto c =
            co_await nats::async_connect(ex, std::move(o), asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec.category(), nats::client_category()) << ec.message();
        EXPECT_FALSE(c);
    });
}

std::size_t entries(const char* dir) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir), {}));
}

TEST_F(jetstream_test, nothing_is_left_after_many_connections) {
    servers();
    std::size_t descriptors = 0, threads = 0;
    for (int i = 0; i < 120; ++i) {
        if (i == 1) {
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
                auto d = co_await source.next();
                d->ack();
            },
            [](std::exception_ptr e) { EXPECT_FALSE(e); });
        own.run_for(20s);
        ASSERT_TRUE(own.stopped());
    }
    EXPECT_EQ(entries("/proc/self/fd"), descriptors);
    EXPECT_EQ(entries("/proc/self/task"), threads);
}

TEST_F(jetstream_test, a_context_that_is_destroyed_closes_its_connections) {
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

TEST_F(jetstream_test, a_context_that_is_destroyed_while_a_consumer_is_made_leaks_nothing) {
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
