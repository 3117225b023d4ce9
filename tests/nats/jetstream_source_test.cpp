#include "fixture.hpp"

#include <streamx/io/line_codec.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/forward_to.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>

#include <signal.h>

#include <optional>
#include <set>
#include <vector>

namespace streamx::testing {
namespace {

using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;
using strings = std::vector<std::string>;

/// A number in its text.
struct number_codec {
    using value_type = int;
    std::optional<int> decode(std::string_view& in) const {
        return std::stoi(std::string(std::exchange(in, {})));
    }
    void encode(int i, io::write_buffer& out) const { out.append(std::to_string(i)); }
};

/// What a coroutine throws.
template <class T>
asio::awaitable<error_code> failure_of(asio::awaitable<T> what) {
    std::exception_ptr failure;
    try {
        co_await std::move(what);
    } catch (...) {
        failure = std::current_exception();
    }
    co_return failure ? to_error_code(failure) : error_code();
}

struct jetstream_source_test : nats_test {
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

TEST_F(jetstream_source_test, what_is_published_comes_out_in_order_with_its_metadata) {
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

TEST_F(jetstream_source_test, what_nobody_has_answered_comes_again_to_whoever_asks_next) {
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

TEST_F(jetstream_source_test, nak_with_delay_term_in_progress_and_max_deliver) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 4);
        auto o = durable();
        o.ack_wait = 1s;
        o.max_deliver = 2;
        nats::jetstream_source<> source(c, o);
        auto later = co_await source.next();
        auto dead = co_await source.next();
        auto held = co_await source.next();
        auto tried = co_await source.next();
        later->nak(300ms);
        dead->term();
        tried->nak();
        tried = co_await source.next();
        EXPECT_EQ(**tried, "3");
        tried->nak(); // its second time was the last
        later = co_await source.next();
        EXPECT_EQ(**later, "0") << "refused first, but after this in its time";
        EXPECT_TRUE(dead->is_answered());
        co_await later->async_ack_sync(use_awaitable);
        error_code ec;
        co_await later->async_ack_sync(asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, nats::errc::already_answered);
        for (int i = 0; i < 4; ++i) { // longer than its time
            co_await sleep_for(350ms);
            held->in_progress();
        }
        EXPECT_TRUE(source.try_next().is_pending());
        held->ack();
    });
}

TEST_F(jetstream_source_test, what_is_held_is_kept_alive_by_itself_if_asked_for) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 2);
        auto o = durable();
        o.ack_wait = 1s;
        o.auto_in_progress = true;
        nats::jetstream_source<> source(c, o);
        auto held = co_await source.next();
        co_await sleep_for(1600ms); // longer than its time
        auto waiting = co_await source.next();
        EXPECT_EQ(waiting->delivered(), 1u);
        EXPECT_TRUE(source.try_next().is_pending());
        held->ack();
        waiting->ack();
    });
}

TEST_F(jetstream_source_test, limits_of_nothing_are_refused) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const auto make = [&](std::size_t nats::source_options::* limit) {
            auto o = durable();
            o.*limit = 0;
            nats::jetstream_source<> source(c, o);
        };
        EXPECT_THROW(make(&nats::source_options::capacity), std::invalid_argument);
        EXPECT_THROW(make(&nats::source_options::batch), std::invalid_argument);
        auto o = durable();
        o.heartbeat = 0ms;
        EXPECT_THROW(static_cast<void>(nats::jetstream_source<>(c, o)), std::invalid_argument);
        o = durable();
        o.ack_wait = 0ms;
        EXPECT_THROW(static_cast<void>(nats::jetstream_source<>(c, o)), std::invalid_argument);
    });
}

TEST_F(jetstream_source_test, a_consumer_begins_where_it_is_told_to) {
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

TEST_F(jetstream_source_test, a_consumer_that_is_there_goes_on_wherever_it_is_told_to_begin) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 8);
        int next = 2;
        for (const auto from :
             {nats::deliver_from::sequence(3),
              nats::deliver_from::sequence(1),
              nats::deliver_from::all(),
              nats::deliver_from::time(std::chrono::system_clock::now())}) {
            auto o = durable();
            o.deliver_from = from;
            nats::jetstream_source<> source(c, o);
            auto d = co_await source.next();
            EXPECT_EQ(**d, std::to_string(next++));
            co_await d->async_ack_sync(use_awaitable);
        }
    });
}

TEST_F(jetstream_source_test, two_workers_share_what_there_is) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        auto o = durable();
        o.capacity = 8;
        nats::jetstream_source<> a(c, o), b(c, o);
        co_await publish(c, 200);
        std::set<std::string> got;
        int of_a = 0;
        while (got.size() < 200) {
            co_await (a.async_wait(use_awaitable) || b.async_wait(use_awaitable));
            for (auto* s : {&a, &b})
                while (auto d = s->try_next()) {
                    EXPECT_TRUE(got.insert(**d).second);
                    d->ack();
                    of_a += s == &a;
                }
        }
        EXPECT_GT(of_a, 0);
        EXPECT_LT(of_a, 200);
    });
}

TEST_F(jetstream_source_test, a_stuck_consumer_holds_no_more_than_its_capacity) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 500);
        auto o = durable();
        o.capacity = 16;
        nats::jetstream_source<> stuck(c, o);
        co_await stuck.async_wait(use_awaitable);
        co_await publish(c, 500, 500); // and these do not come either
        auto pending = co_await c.async_request("$JS.API.CONSUMER.INFO.S.d", "", 2s, use_awaitable);
        EXPECT_NE(pending.find("\"num_ack_pending\":16,"), std::string::npos) << pending;
    });
}

/// A server that hangs has lost nothing when it goes on: it has what was asked before and what was asked
/// again, and may deliver both.
TEST_F(jetstream_source_test, a_stuck_consumer_behind_a_server_that_hung_holds_one_window_more) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 10);
        auto o = durable();
        o.capacity = 16;
        nats::jetstream_source<> stuck(c, o);
        co_await stuck.async_wait(use_awaitable); // ten are here, and six more have been asked for
        servers().signal(0, SIGSTOP);
        co_await sleep_for(4 * o.heartbeat); // longer than it waits for a word
        servers().signal(0, SIGCONT);
        co_await publish(c, 500, 10);
        auto pending = co_await c.async_request("$JS.API.CONSUMER.INFO.S.d", "", 2s, use_awaitable);
        const std::string key = "\"num_ack_pending\":";
        const auto held = std::stoul(pending.substr(pending.find(key) + key.size()));
        EXPECT_GE(held, o.capacity);
        EXPECT_LE(held, 2 * o.capacity) << "capacity and one window";
        const auto got = co_await take_values(stuck, 510); // and all come, in order
        EXPECT_EQ(got, numbers(510));
    });
}

TEST_F(
    jetstream_source_test,
    small_items_go_together_and_a_message_is_acknowledged_with_its_last_item) {
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

TEST_F(jetstream_source_test, an_ordered_consumer_that_is_deleted_goes_on_where_it_was) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 100);
        auto o = durable("");
        o.capacity = 10;
        nats::jetstream_source<> source(c, o);
        for (int i = 0; i < 100; ++i) {
            auto d = co_await source.next();
            EXPECT_EQ(**d, std::to_string(i));
            if (i % 40 != 20)
                continue;
            const auto name = std::string(d->metadata().consumer);
            co_await c.async_request("$JS.API.CONSUMER.DELETE.S." + name, "", 2s, use_awaitable);
        }
    });
}

TEST_F(jetstream_source_test, a_consumer_or_stream_that_is_not_there_fails_the_source) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        nats::jetstream_source<> nowhere(c, durable());
        auto ec = co_await failure_of(nowhere.next());
        EXPECT_EQ(ec, error_code(10059, nats::jetstream_category())) << ec.message();

        co_await make_stream(c);
        nats::jetstream_source<> source(c, durable());
        co_await publish(c, 1);
        const auto got = co_await take_values(source, 1);
        co_await c.async_request("$JS.API.CONSUMER.DELETE.S.d", "", 2s, use_awaitable);
        ec = co_await failure_of(source.next());
        EXPECT_EQ(ec, nats::errc::consumer_gone) << ec.message();
    });
}

TEST_F(
    jetstream_source_test, a_stream_that_is_deleted_while_nothing_is_asked_for_fails_the_source) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 1);
        auto o = durable();
        o.capacity = 1;
        nats::jetstream_source<> source(c, o);
        co_await source.async_wait(use_awaitable); // it is full
        co_await c.async_request("$JS.API.STREAM.DELETE.S", "", 2s, use_awaitable);
        const auto got = co_await take_values(source, 1);
        const auto ec = co_await failure_of(source.next());
        EXPECT_EQ(ec, nats::errc::consumer_gone) << ec.message();
    });
}

TEST_F(jetstream_source_test, a_consumer_that_is_to_exist_and_does_not_fails_the_source) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        auto o = durable();
        o.consumer_exists = true;
        nats::jetstream_source<> source(c, o);
        const auto ec = co_await failure_of(source.next());
        EXPECT_EQ(ec, nats::errc::consumer_gone) << ec.message();
    });
}

TEST_F(jetstream_source_test, what_cannot_be_decoded_is_given_up_or_fails_the_source) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        nats::sink_options out;
        out.subject = "s.x";
        nats::jetstream_sink<> sink(c, out);
        for (const char* text : {"1", "?", "3"})
            co_await sink.async_send(text, use_awaitable);

        auto o = durable();
        std::vector<std::uint64_t> given_up;
        o.on_undecodable = [&](const nats::metadata& m, std::exception_ptr e) {
            EXPECT_TRUE(e);
            given_up.push_back(m.sequence);
        };
        nats::jetstream_source<number_codec> lenient(c, o);
        for (int i : {1, 3}) {
            auto d = co_await lenient.next();
            EXPECT_EQ(**d, i);
            co_await d->async_ack_sync(use_awaitable);
        }
        EXPECT_EQ(given_up, std::vector<std::uint64_t>{2});
        const auto info =
            co_await c.async_request("$JS.API.CONSUMER.INFO.S.d", "", 2s, use_awaitable);
        EXPECT_NE(info.find("\"num_ack_pending\":0,"), std::string::npos) << info;

        nats::jetstream_source<number_codec> strict(c, durable("strict"));
        auto first = co_await strict.next();
        EXPECT_EQ(**first, 1);
        const auto ec = co_await failure_of(strict.next());
        EXPECT_TRUE(ec);
    });
}

TEST_F(jetstream_source_test, a_delivery_is_kept_alive_when_its_source_is_gone) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 1);
        auto o = durable();
        o.ack_wait = 1s;
        o.auto_in_progress = true;
        std::optional<nats::delivery<std::string>> held;
        {
            nats::jetstream_source<> source(c, o);
            held = co_await source.next();
        }
        nats::jetstream_source<> other(c, o);
        co_await sleep_for(1600ms); // longer than its time
        EXPECT_TRUE(other.try_next().is_pending());
        held->nak();
        auto d = co_await other.next();
        EXPECT_EQ(d->delivered(), 2u);
        d->ack();
    });
}

} // namespace
} // namespace streamx::testing
