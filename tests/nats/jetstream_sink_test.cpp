#include "fixture.hpp"

#include <streamx/io/line_codec.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>

#include <signal.h>

#include <stdexcept>
#include <string>

namespace streamx::testing {
namespace {

using asio::use_awaitable;

struct jetstream_sink_test : nats_test {
    static nats::sink_options options() {
        nats::sink_options o;
        o.subject = "s.x";
        return o;
    }
};

TEST_F(jetstream_sink_test, limits_of_nothing_are_refused) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const auto make = [&](std::size_t nats::sink_options::* limit) {
            auto o = options();
            o.*limit = 0;
            nats::jetstream_sink<> sink(c, o);
        };
        EXPECT_THROW(make(&nats::sink_options::window), std::invalid_argument);
        EXPECT_THROW(make(&nats::sink_options::window_bytes), std::invalid_argument);
        EXPECT_THROW(make(&nats::sink_options::items_per_message), std::invalid_argument);
        const auto in_no_time = [&](std::chrono::milliseconds nats::sink_options::* time) {
            auto o = options();
            o.*time = 0ms;
            nats::jetstream_sink<> sink(c, o);
        };
        EXPECT_THROW(in_no_time(&nats::sink_options::ack_timeout), std::invalid_argument);
        EXPECT_THROW(in_no_time(&nats::sink_options::give_up), std::invalid_argument);
        auto o = options();
        o.id_prefix = "a\r\nNats-Rollup: all";
        EXPECT_THROW(nats::jetstream_sink<>(c, o), std::invalid_argument);
    });
}

TEST_F(jetstream_sink_test, a_message_that_is_sent_again_with_its_id_is_stored_once) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        for (int i = 0; i < 2; ++i) {
            auto o = options();
            o.id_prefix = "producer";
            nats::jetstream_sink<> sink(c, o);
            co_await sink.async_send("once", use_awaitable);
            EXPECT_EQ(sink.stats().duplicates, static_cast<unsigned>(i));
            EXPECT_EQ(sink.stats().last_sequence, 1u);
        }
    });
}

TEST_F(jetstream_sink_test, what_cannot_be_stored_fails_the_sink_with_the_servers_reason) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        nats::stream_config config;
        config.name = "S";
        config.subjects.push_back("s.>");
        config.max_message_size = 10;
        co_await nats::ensure_stream(c, config, use_awaitable);
        auto o = options();
        nats::jetstream_sink<> sink(c, o);
        error_code ec;
        co_await sink.async_send(std::string(100, 'x'), asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, error_code(10054, nats::jetstream_category())) << ec.message();
        std::string next = "short";
        EXPECT_FALSE(sink.try_send(next));
        EXPECT_EQ(next, "short");
    });
}

TEST_F(jetstream_sink_test, an_item_that_is_too_large_for_the_server_is_refused_alone) {
    servers(1, "max_payload: 4096\n");
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        auto o = options();
        o.order = nats::publish_order::ordered;
        nats::jetstream_sink<> sink(c, o);
        EXPECT_TRUE(sink.try_send("before"));
        error_code ec;
        std::string large(5000, 'x');
        co_await sink.async_send(large, asio::redirect_error(use_awaitable, ec));
        EXPECT_EQ(ec, nats::errc::message_too_large) << ec.message();
        EXPECT_EQ(ec, condition::limit_exceeded);
        EXPECT_THROW(sink.try_send(large), boost::system::system_error);
        EXPECT_EQ(large.size(), 5000u);
        co_await sink.async_send("after", use_awaitable);
        EXPECT_EQ(sink.stats().last_sequence, 2u);

        // Of several, those that fit go together.
        o.items_per_message = 1000;
        nats::jetstream_sink<io::line_codec> lines(c, o);
        for (char letter : {'a', 'b', 'c', 'd', 'e'}) {
            EXPECT_TRUE(lines.try_send(std::string(1500, letter)));
            EXPECT_THROW(lines.try_send(large), boost::system::system_error);
        }
        co_await lines.async_flush(use_awaitable);
        EXPECT_EQ(lines.stats().last_sequence, 5u);
        nats::source_options in;
        in.stream = "S";
        in.deliver_from = nats::deliver_from::sequence(3);
        nats::jetstream_source<io::line_codec> source(c, in);
        for (char letter : {'a', 'b', 'c', 'd', 'e'}) {
            const auto d = co_await source.next();
            EXPECT_EQ(**d, std::string(1500, letter));
        }
    });
}

TEST_F(jetstream_sink_test, a_sink_takes_no_more_than_its_window) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await make_stream(c);
        auto o = options();
        o.window = 4;
        o.completes = nats::complete_on::acceptance;
        nats::jetstream_sink<> few(c, o);
        o.window = 1000;
        o.window_bytes = 30;
        nats::jetstream_sink<> small(c, o);
        servers().signal(0, SIGSTOP); // so nothing is acknowledged
        std::string ten(10, 'x');
        for (auto* sink : {&few, &small}) {
            const auto room = sink == &few ? 4u : 3u;
            co_await sink->async_send(ten, use_awaitable); // is accepted
            for (unsigned i = 1; i < room; ++i)
                EXPECT_TRUE(sink->try_send(ten));
            EXPECT_FALSE(sink->try_send(ten));
            EXPECT_EQ(ten.size(), 10u);
            EXPECT_EQ(sink->stats().in_flight, room);
            EXPECT_EQ(sink->stats().in_flight_bytes, room * 10);
        }
        servers().signal(0, SIGCONT);
        for (auto* sink : {&few, &small}) {
            co_await sink->async_wait(use_awaitable);
            EXPECT_TRUE(sink->try_send(ten));
            co_await sink->async_flush(use_awaitable);
            EXPECT_EQ(sink->stats().in_flight, 0u);
            EXPECT_EQ(sink->stats().acknowledged, sink->stats().accepted);
        }
    });
}

TEST_F(jetstream_sink_test, a_sink_that_is_not_acknowledged_gives_up_and_says_why) {
    run([this]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto o = options();
        o.ack_timeout = 50ms;
        o.give_up = 200ms;
        const auto why = [&]() -> asio::awaitable<error_code> {
            nats::jetstream_sink<> sink(c, o);
            error_code ec;
            co_await sink.async_send("?", asio::redirect_error(use_awaitable, ec));
            co_return ec;
        };
        auto ec = co_await why();
        EXPECT_EQ(ec, nats::errc::no_responders) << "there is no stream";

        co_await make_stream(c);
        co_await publish(c, 1);
        o.order = nats::publish_order::ordered;
        o.expected_last_id = "another";
        ec = co_await why();
        EXPECT_EQ(ec, error_code(10070, nats::jetstream_category())) << ec.message();
    });
}

/// Takes four messages for a stream, and answers as a server does whose leader changes: one answer is
/// lost, another given twice. What comes again is answered well; and the lost answer then, too late.
asio::awaitable<void> be_a_stream(nats::connection c) {
    nats::subject_source<> messages(c, {.subject = "s.x"});
    const auto answer = [&c](std::string reply, int sequence) {
        nats::subject_sink<> to(c, {.subject = std::move(reply)});
        to.try_send(R"({"stream":"S","seq":)" + std::to_string(sequence) + '}');
    };
    std::string lost;
    for (int sequence : {1, 2, 2, 4}) {
        const auto m = co_await messages.next();
        answer(m->reply, sequence);
        EXPECT_TRUE(lost.empty() || lost == m->reply) << "they leave together";
        lost = m->reply;
    }
    for (int i = 0;; ++i) {
        const auto m = co_await messages.next();
        EXPECT_NE(m->reply, lost);
        if (i == 0)
            answer(lost, 3);
        answer(m->reply, 1 + i % 4);
    }
}

TEST_F(jetstream_sink_test, an_answer_that_comes_twice_does_not_stand_in_for_one_that_is_lost) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        auto o = options();
        o.window = 64;
        o.ack_timeout = 200ms;
        nats::jetstream_sink<> sink(c, o);
        const auto publish = [&]() -> asio::awaitable<void> {
            for (const char* text : {"a", "b", "c", "d"})
                EXPECT_TRUE(sink.try_send(text));
            co_await sink.async_flush(use_awaitable);
            EXPECT_EQ(sink.stats().acknowledged, 4U);
            EXPECT_GE(sink.stats().resent, 4U);
        };
        using namespace asio::experimental::awaitable_operators;
        const auto ended = co_await (be_a_stream(c) || publish());
        EXPECT_EQ(ended.index(), 1U);
    });
}

} // namespace
} // namespace streamx::testing
