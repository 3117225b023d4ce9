#include "fixture.hpp"

#include <streamx/io/line_codec.hpp>
#include <streamx/streamx.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <unistd.h>

namespace streamx::testing {
namespace {

using asio::use_awaitable;

struct nats_flow_test : nats_test {
    static nats::source_options shared(std::size_t capacity = 1024) {
        nats::source_options o;
        o.stream = "S";
        o.durable = "D";
        o.capacity = capacity;
        return o;
    }

    /// Waits until the server knows of no message of the consumer's that is not answered, nor any to be
    /// delivered; it takes acknowledgements and questions in any order.
    static asio::awaitable<bool> all_settled(const nats::connection& c, std::string stream = "S") {
        for (int tries = 0; tries != 200; ++tries) {
            const auto info = co_await c.async_request(
                "$JS.API.CONSUMER.INFO." + stream + ".D", "", 5s, use_awaitable);
            const auto none = [&info](const std::string& what) {
                return info.find('"' + what + "\":0,") != std::string::npos ||
                       info.find('"' + what + "\":0}") != std::string::npos;
            };
            if (none("num_ack_pending") && none("num_pending"))
                co_return true;
            co_await sleep_for(20ms);
        }
        co_return false;
    }
};

asio::awaitable<int> doubled(std::string text) {
    co_await asio::post(use_awaitable);
    co_return 2 * std::stoi(text);
}

TEST_F(nats_flow_test, a_pipeline_acknowledges_what_it_has_dealt_with) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 100);
        int shown = 0;
        long sum = 0;
        auto chunks = nats::jetstream_source<>(c, shared()) | take(100) |
                      filter([](const std::string& text) { return text.size() == 2; }) |
                      inspect([&](const std::string&) { ++shown; }) | map_async(4, doubled) |
                      streamx::chunks(8);
        static_assert(std::is_same_v<item_t<decltype(chunks)>, nats::delivery<std::vector<int>>>);

        co_await async_for_each(
            std::move(chunks),
            [&](const std::vector<int>& some) {
                for (int i : some)
                    sum += i;
            },
            use_awaitable);

        EXPECT_EQ(shown, 90);
        EXPECT_EQ(sum, 2 * (4950 - 45));
        EXPECT_TRUE(co_await all_settled(c));
    });
}

TEST_F(nats_flow_test, what_a_failed_pipeline_held_comes_again_and_nothing_else) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 20);
        std::set<std::string> done;
        auto bad = nats::jetstream_source<>(c, shared()) | map([](std::string text) {
                       return text == "10" ? throw std::runtime_error("torn") : std::move(text);
                   });
        const auto [failure] = co_await async_for_each(
            std::move(bad),
            [&](std::string text) { EXPECT_TRUE(done.insert(std::move(text)).second); },
            asio::as_tuple(use_awaitable));
        EXPECT_TRUE(failure);
        EXPECT_EQ(done.size(), 10U);

        std::uint64_t most = 0;
        co_await async_for_each(
            nats::jetstream_source<>(c, shared()) | take(10),
            [&](nats::delivery<std::string>& d) {
                most = std::max(most, d.delivered());
                EXPECT_TRUE(done.insert(d.value()).second) << d.value();
            },
            use_awaitable);

        EXPECT_EQ(done.size(), 20U);
        EXPECT_EQ(most, 2U);
        EXPECT_TRUE(co_await all_settled(c));
    });
}

TEST_F(nats_flow_test, from_stream_to_stream_it_is_acknowledged_when_it_is_stored) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        co_await make_stream(c);
        nats::stream_config config;
        config.name = "T";
        config.subjects.push_back("t");
        config.storage = nats::storage::memory;
        co_await nats::ensure_stream(c, config, use_awaitable);
        co_await publish(c, 1000);

        nats::sink_options o;
        o.subject = "t";
        o.window = 64;
        o.items_per_message = 3; // the last message is not full: it waits for `linger`
        {
            nats::jetstream_sink<io::line_codec> sink(c, o);
            auto copies = nats::jetstream_source<>(c, shared()) | take(1000) |
                          map([](const std::string& text) { return text + "!"; });
            co_await forward_to(std::move(copies), sink, use_awaitable);
            co_await sink.async_flush(use_awaitable);
            EXPECT_EQ(sink.stats().acknowledged, 334U);
        }
        EXPECT_TRUE(co_await all_settled(c));

        auto copies = shared();
        copies.stream = "T";
        long sum = 0;
        co_await async_for_each(
            nats::jetstream_source<io::line_codec>(c, copies) | take(1000),
            [&](const std::string& text) { sum += std::stol(text); },
            use_awaitable);
        EXPECT_EQ(sum, 499500);
        EXPECT_TRUE(co_await all_settled(c, "T"));
    });
}

TEST_F(nats_flow_test, what_a_sink_cannot_store_is_refused) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 3);
        nats::sink_options o;
        o.subject = "nobody.listens";
        o.ack_timeout = 50ms;
        o.give_up = 100ms;
        {
            nats::jetstream_sink<> sink(c, o);
            auto all = nats::jetstream_source<>(c, shared()) | take(3);
            co_await forward_to(std::move(all), sink, use_awaitable);
            const auto [ec] = co_await sink.async_flush(asio::as_tuple(use_awaitable));
            EXPECT_EQ(ec, nats::errc::no_responders);
        }
        std::uint64_t again = 0;
        co_await async_for_each(
            nats::jetstream_source<>(c, shared()) | take(3),
            [&](nats::delivery<std::string>& d) { again += d.delivered() == 2; },
            use_awaitable);
        EXPECT_EQ(again, 3U);
    });
}

// ------------------------------------------------------------------------------------- core NATS

TEST_F(nats_flow_test, subjects_go_from_a_sink_to_a_source) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        nats::subject_source<> all(c, {.subject = "greetings.*"});
        nats::subject_sink<> english(c, {.subject = "greetings.en"});
        nats::subject_sink<> french(c, {.subject = "greetings.fr"});

        EXPECT_TRUE(english.try_send("hello"));
        EXPECT_TRUE(french.try_send("bonjour"));
        const auto first = co_await all.next();
        const auto second = co_await all.next();

        EXPECT_EQ(first->value, "hello");
        EXPECT_EQ(first->subject, "greetings.en");
        EXPECT_EQ(second->value, "bonjour");
        EXPECT_EQ(all.stats().received, 2U);
        english.close();
        EXPECT_FALSE(english.try_send("too late"));
    });
}

TEST_F(nats_flow_test, more_than_there_is_room_for_is_never_dropped_silently) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        std::vector<std::uint64_t> told;
        nats::subject_options o;
        o.subject = "numbers";
        o.capacity = 10;
        nats::subject_source<> strict(c, o);
        o.when_full = overflow::drop_oldest;
        o.on_dropped = [&](std::uint64_t so_far) { told.push_back(so_far); };
        nats::subject_source<> lossy(c, o);
        o.when_full = overflow::wait;
        EXPECT_THROW(static_cast<void>(nats::subject_source<>(c, o)), std::invalid_argument);
        o.when_full = overflow::drop_newest;
        o.capacity = 0;
        EXPECT_THROW(static_cast<void>(nats::subject_source<>(c, o)), std::invalid_argument);

        nats::subject_sink<> out(c, {.subject = "numbers"});
        for (int i = 0; i != 100; ++i)
            EXPECT_TRUE(out.try_send(std::to_string(i)));
        co_await out.async_flush(use_awaitable);
        co_await out.async_flush(use_awaitable); // and they have come back

        for (int i = 90; i != 100; ++i) {
            const auto next = co_await lossy.next();
            EXPECT_EQ(next->value, std::to_string(i));
        }
        EXPECT_EQ(lossy.stats().dropped, 90U);
        EXPECT_EQ(told.size(), 90U);
        EXPECT_EQ(told.back(), 90U);

        for (int i = 0; i != 10; ++i) {
            const auto next = co_await strict.next();
            EXPECT_EQ(next->value, std::to_string(i));
        }
        const auto [failure, none] = co_await strict.async_next(asio::as_tuple(use_awaitable));
        EXPECT_EQ(to_error_code(failure), nats::errc::slow_consumer);
        EXPECT_EQ(strict.stats().dropped, 90U);
    });
}

TEST_F(nats_flow_test, those_of_one_queue_share_a_subject) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        nats::subject_source<> a(c, {.subject = "jobs", .queue = "workers"});
        nats::subject_source<> b(c, {.subject = "jobs", .queue = "workers"});
        nats::subject_sink<> out(c, {.subject = "jobs"});
        co_await forward_to(
            range(0, 200) | on(ctx) | map([](int i) { return std::to_string(i); }),
            out,
            use_awaitable);
        co_await out.async_flush(use_awaitable);
        co_await out.async_flush(use_awaitable);

        EXPECT_EQ(a.stats().received + b.stats().received, 200U);
        EXPECT_NE(a.stats().received, 0U);
        EXPECT_NE(b.stats().received, 0U);
    });
}

TEST_F(nats_flow_test, a_sink_is_full_when_the_connection_is_and_closes_with_it) {
    run([this]() -> asio::awaitable<void> {
        const auto c = co_await connect();
        nats::subject_sink<> out(c, {.subject = "much", .buffered_bytes = 64 * 1024});
        std::string kilobyte(1024, 'x');
        int sent = 0;
        while (out.try_send(kilobyte))
            ++sent;
        EXPECT_GE(sent, 60);
        EXPECT_LE(sent, 65);
        co_await out.async_wait(use_awaitable);
        EXPECT_TRUE(out.try_send(kilobyte));
        EXPECT_THROW(out.try_send(std::string(2 * 1024 * 1024, 'x')), boost::system::system_error);
        EXPECT_THROW(nats::subject_sink<>(c, {}), std::invalid_argument);
        EXPECT_THROW(
            nats::subject_sink<>(c, {.subject = "much", .buffered_bytes = 0}),
            std::invalid_argument);

        co_await c.async_close(use_awaitable);
        EXPECT_THROW(out.try_send(kilobyte), boost::system::system_error);
    });
}

// ---------------------------------------------------------------------------------------- threads

/// Of each other thread of this process: how often it was woken or put aside.
std::map<std::string, long> switches_of_others() {
    std::map<std::string, long> all;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        const auto id = task.path().filename().string();
        if (id == std::to_string(::getpid()))
            continue;
        std::ifstream status(task.path() / "status");
        for (std::string line; std::getline(status, line);)
            if (line.find("ctxt_switches:") != std::string::npos)
                all[id] += std::stol(line.substr(line.find(':') + 1));
    }
    return all;
}

TEST_F(nats_flow_test, no_thread_of_the_client_library_sees_a_message) {
    run([this]() -> asio::awaitable<void> {
        constexpr int messages = 20'000;
        const auto c = co_await connect();
        co_await make_stream(c);
        co_await publish(c, 1);
        {
            auto warm = nats::jetstream_source<>(c, shared()); // all that is ever made is there
            co_await async_for_each(std::move(warm) | take(1), [](std::string) {}, use_awaitable);
        }
        nats::subject_source<> listening(c, {.subject = "n", .capacity = messages});
        std::set<std::thread::id> threads;
        const auto before = switches_of_others();

        co_await publish(c, messages, 1);
        co_await async_for_each(
            nats::jetstream_source<>(c, shared()) | take(messages),
            [&](const std::string&) { threads.insert(std::this_thread::get_id()); },
            use_awaitable);
        nats::subject_sink<> out(c, {.subject = "n"});
        co_await forward_to(
            repeat(std::string("x")) | on(ctx) | take(messages), out, use_awaitable);
        co_await async_drain(std::move(listening) | take(messages), use_awaitable);

        long woken = 0;
        for (const auto& [id, now] : switches_of_others()) {
            EXPECT_TRUE(before.contains(id)) << "a thread that was not there";
            woken += now - (before.contains(id) ? before.at(id) : 0);
        }
        EXPECT_LT(woken, messages / 50); // they tell the time
        // And what was ours to do was done here.
        EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
    });
}

} // namespace
} // namespace streamx::testing
