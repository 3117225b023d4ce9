#include "session_support.hpp"

#include <rsocket/frame.hpp>
#include <streamx/channels/broadcast.hpp>
#include <streamx/core/error.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/sources/repeat_with.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::rsocket {
namespace {

using testing::memory_stream;

/// A client and a server that are connected in memory.
struct rsocket_test : memory_fixture {
    io::transport link() {
        auto [mine, theirs] = memory_stream::pair(ctx.get_executor());
        serve().accept(std::move(theirs));
        return std::move(mine);
    }
    asio::awaitable<client> connect() {
        co_return co_await async_connect(link(), asking, asio::use_awaitable);
    }
};

TEST_F(rsocket_test, a_stream_comes_in_order_and_ends) {
    serve().on_stream(
        "numbers", [&](const request& r) { return count_to(std::stoi(r.message.data)); });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto got = co_await all(c.request_stream("numbers", payload{"1000"}));
        EXPECT_EQ(got.size(), 1000U);
        EXPECT_EQ(got.front(), "1");
        EXPECT_EQ(got.back(), "1000");
    });
}

TEST_F(rsocket_test, a_response_is_one_payload_or_the_servers_exception) {
    serve().on_response("echo", [](request r) { return std::move(r.message); });
    serve().on_response("bad", [](const request&) -> payload { throw std::runtime_error("boom"); });
    serve().on_response("later", [](request r) -> asio::awaitable<payload> {
        co_await asio::post(asio::use_awaitable);
        co_return payload{r.message.data + "!"};
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto echo = co_await c.async_request_response("echo", payload{"hi"}, asio::use_awaitable);
        EXPECT_EQ(echo.data, "hi");
        auto later = co_await c.async_request_response("later", payload{"hi"}, asio::use_awaitable);
        EXPECT_EQ(later.data, "hi!");
        try {
            co_await c.async_request_response("bad", payload{"hi"}, asio::use_awaitable);
            ADD_FAILURE();
        } catch (const system_error& e) {
            EXPECT_EQ(e.code(), errc::application_error);
            EXPECT_NE(std::string(e.what()).find("boom"), std::string::npos);
        }
        try {
            co_await c.async_request_response("nowhere", payload{"hi"}, asio::use_awaitable);
            ADD_FAILURE();
        } catch (const system_error& e) {
            EXPECT_EQ(e.code(), errc::rejected);
        }
    });
}

TEST_F(rsocket_test, a_handler_of_an_answer_runs_outside_the_call_and_may_throw_or_end_the_client) {
    serve().on_response("echo", [](request r) { return std::move(r.message); });
    client c;
    run([&]() -> asio::awaitable<void> { c = co_await connect(); });
    const auto ask = [&](auto then) {
        bool inside = true, done = false;
        c.async_request_response(
            "echo", payload{"hi"}, [&, then](const std::exception_ptr& e, const payload& p) {
                EXPECT_FALSE(inside);
                EXPECT_FALSE(e);
                EXPECT_EQ(p.data, "hi");
                done = true;
                then();
            });
        inside = false;
        EXPECT_TRUE(comes([&] { return done; }));
    };
    EXPECT_THROW(ask([] { throw std::runtime_error("mine"); }), std::runtime_error);
    ask([&] { c = client(); });
}

TEST_F(rsocket_test, a_channel_goes_both_ways) {
    serve().on_channel("double", [](const request&, payload_stream in) {
        return std::move(in) | map([](payload p) { return payload{p.data + p.data}; });
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto got = co_await all(c.request_channel("double", count_to(1000)));
        EXPECT_EQ(got.size(), 1000U);
        EXPECT_EQ(got.front(), "11");
        EXPECT_EQ(got.back(), "10001000");
    });
}

TEST_F(rsocket_test, fire_and_forget_and_metadata_arrive) {
    std::vector<std::string> got;
    serve().on_fire_and_forget("log", [&](const request& r) { got.push_back(r.message.data); });
    serve().on_metadata_push([&](std::string m) { got.push_back(std::move(m)); });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await c.async_fire_and_forget("log", payload{"one"}, asio::use_awaitable);
        co_await c.async_metadata_push("two", asio::use_awaitable);
        co_await c.async_fire_and_forget(
            "log", payload{std::string(200'000, 'x')}, asio::use_awaitable);
    });
    testing::run_until(time, [&] { return got.size() == 3; });
    ASSERT_EQ(got.size(), 3U);
    EXPECT_EQ(got[0], "one");
    EXPECT_EQ(got[1], "two");
    EXPECT_EQ(got[2].size(), 200'000U);
}

TEST_F(rsocket_test, the_producer_is_asked_for_no_more_than_the_window) {
    asking.window = 8;
    int made = 0;
    serve().on_stream("endless", [&](const request&) {
        return repeat_with([&] { return payload{std::to_string(++made)}; }) |
               on(ctx.get_executor());
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto s = c.request_stream("endless");
        for (int i = 1; i <= 100; ++i) {
            auto item = co_await s.next();
            EXPECT_EQ(item->data, std::to_string(i));
            EXPECT_LE(made, i + 8);
        }
    });
}

TEST_F(rsocket_test, a_large_payload_goes_in_fragments_between_which_others_go) {
    asking.fragment = serving.fragment = 1024;
    const std::string large(500'000, 'x');
    serve().on_response("large", [&](const request& r) {
        EXPECT_EQ(r.message.data, large);
        return payload{large, "meta"};
    });
    serve().on_response("small", [&](const request&) { return payload{"s"}; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        std::vector<std::string> order;
        c.async_request_response("large", payload{large}, [&](std::exception_ptr e, payload p) {
            EXPECT_FALSE(e);
            EXPECT_EQ(p.data, large);
            EXPECT_EQ(p.metadata, "meta");
            order.push_back("large");
        });
        co_await c.async_request_response("small", payload{}, asio::use_awaitable);
        order.push_back("small");
        while (order.size() != 2)
            co_await asio::post(asio::use_awaitable);
        EXPECT_EQ(order.front(), "small");
    });
}

TEST_F(rsocket_test, large_payloads_that_come_at_once_have_a_limit_together) {
    asking.fragment = serving.fragment = 1024;
    serving.limits.message = 100'000;
    serving.limits.unfinished_bytes = 150'000;
    serve().on_response(
        "size", [](const request& r) { return payload{std::to_string(r.message.data.size())}; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        std::vector<std::string> answers;
        const auto ask = [&] {
            c.async_request_response(
                "size", payload{std::string(90'000, 'x')}, [&](std::exception_ptr e, payload p) {
                    answers.push_back(e ? "refused" : p.data);
                });
        };
        ask();
        ask();
        while (answers.size() != 2)
            co_await asio::post(asio::use_awaitable);
        ask();
        while (answers.size() != 3)
            co_await asio::post(asio::use_awaitable);
        EXPECT_EQ(std::ranges::count(answers, "refused"), 1);
        EXPECT_EQ(answers.back(), "90000"); // there is room again
    });
}

TEST_F(rsocket_test, dropping_a_stream_cancels_its_producer) {
    auto alive = std::make_shared<int>();
    serve().on_stream("endless", [&, keep = alive](const request&) {
        return repeat_with([keep] { return payload{"x"}; }) | on(ctx.get_executor());
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const auto before = alive.use_count();
        {
            auto s = c.request_stream("endless");
            co_await s.next();
            EXPECT_GT(alive.use_count(), before);
        }
        while (alive.use_count() != before)
            co_await asio::post(asio::use_awaitable);
    });
}

TEST_F(rsocket_test, a_wrong_token_is_told_so_and_a_right_one_is_let_in) {
    serving.authenticator = bearer_tokens({"secret", "other"});
    run([&]() -> asio::awaitable<void> {
        asking.who = credentials{"bearer", "", "wrong"};
        try {
            co_await connect();
            ADD_FAILURE();
        } catch (const system_error& e) {
            EXPECT_EQ(e.code(), errc::rejected_setup);
        }
        asking.who = credentials{"bearer", "", "secret"};
        auto c = co_await connect();
        EXPECT_TRUE(c.is_open());
    });
}

TEST_F(rsocket_test, a_dead_server_is_found_within_three_intervals) {
    asking.keepalive = 10s;
    serve().on_stream("silent", [&](const request&) { return count_to(0); });
    auto [mine, theirs] = memory_stream::pair(ctx.get_executor());
    run([&, end = std::move(mine)]() mutable -> asio::awaitable<void> {
        auto c = co_await connect();
        auto began = time.now();
        // The peer of this connection never answers: what it is sent goes nowhere.
        auto waiting = async_connect(io::transport(std::move(end)), asking, asio::use_awaitable);
        try {
            co_await std::move(waiting);
            ADD_FAILURE();
        } catch (const system_error& e) {
            EXPECT_EQ(e.code(), streamx::errc::handshake_timeout);
        }
        EXPECT_LE(time.now() - began, 30s);
        EXPECT_TRUE(c.is_open()); // whose server answers
    });
}

TEST_F(rsocket_test, stopping_refuses_the_new_lets_the_old_end_and_then_ends_it) {
    serve().on_stream("numbers", [&](const request&) { return count_to(1000); });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto s = c.request_stream("numbers");
        co_await s.next();
        bool stopped = false;
        serve().async_stop(10s, [&](error_code ec) {
            EXPECT_FALSE(ec);
            stopped = true;
        });
        auto rest = co_await all(std::move(s));
        EXPECT_EQ(rest.size(), 999U);
        try {
            co_await c.async_request_response("x", payload{}, asio::use_awaitable);
            ADD_FAILURE();
        } catch (const system_error& e) {
            EXPECT_TRUE(e.code() == condition::closed || e.code() == errc::rejected) << e.what();
        }
        while (!stopped)
            co_await asio::post(asio::use_awaitable);
    });
}

/// A peer that is no client of ours: sends some bytes, and reads what comes until the end.
asio::awaitable<std::vector<frame>> tell(memory_stream peer, std::string bytes) {
    co_await asio::async_write(peer, asio::buffer(bytes), asio::use_awaitable);
    std::string got;
    error_code ec;
    co_await asio::async_read(
        peer,
        asio::dynamic_buffer(got),
        asio::transfer_all(),
        asio::redirect_error(asio::use_awaitable, ec));
    EXPECT_EQ(ec, asio::error::eof);
    std::vector<frame> frames;
    std::string_view in = got;
    while (const auto f = next_frame(in, max_frame_size)) {
        frames.push_back(decode(*f).value());
        frames.back().data = {}; // its bytes go with this function
    }
    co_return frames;
}

TEST_F(rsocket_test, garbage_oversize_and_silence_get_an_error_and_an_end) {
    const std::pair<std::string, std::uint32_t> cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", 0x101},               // a frame of 4 MiB, by its length
        {std::string("\0\0\6\0\0\0\0\x24\0", 9), 0x001}, // CANCEL, where SETUP must be
        {std::string("\0\0\1x", 4), 0x001},              // no header
        {"", 0x101}, // nothing, for longer than a handshake may take
    };
    for (const auto& [bytes, code] : cases) {
        auto [mine, theirs] = memory_stream::pair(ctx.get_executor());
        serve().accept(std::move(theirs));
        run([&, peer = std::move(mine)]() mutable -> asio::awaitable<void> {
            const auto said = co_await tell(std::move(peer), bytes);
            EXPECT_EQ(said.size(), 1U);
            EXPECT_EQ(said.front().type, frame_type::error);
            EXPECT_EQ(said.front().n, code);
        });
        testing::run_until(time, [&] { return serve().connections() == 0; });
        EXPECT_EQ(serve().connections(), 0U);
    }
}

TEST_F(rsocket_test, a_peer_that_asks_for_2_31_items_and_reads_none_costs_a_bounded_part_of_them) {
    std::size_t made = 0;
    serve().on_stream("endless", [&](const request&) {
        return repeat_with([&] { return payload{std::to_string(++made)}; }) |
               on(ctx.get_executor());
    });
    request_metadata to;
    to.route = "endless";
    const auto metadata = to.encode();
    std::string bytes;
    encode(
        {.type = frame_type::setup,
         .major = 1,
         .interval = 60'000,
         .lifetime = 60'000,
         .metadata_mime = mime::composite},
        bytes);
    encode(
        {.type = frame_type::request_stream, .stream = 1, .n = max_31, .metadata = metadata},
        bytes);
    auto [mine, theirs] = memory_stream::pair(ctx.get_executor());
    serve().accept(std::move(theirs));
    asio::async_write(mine, asio::buffer(bytes), [](error_code, std::size_t) {});
    testing::run_until(time, [&] { return serve().connections() == 0; }); // it is dead, after all
    EXPECT_EQ(serve().connections(), 0U);
    EXPECT_GT(made, 1000U);
    EXPECT_LT(made, 50'000U); // 64 KiB encoded, as many on their way, and the pipe
}

TEST_F(rsocket_test, a_broadcast_is_published_to_every_client) {
    broadcast<payload> news(ctx.get_executor());
    serve().publish("news", news, {.capacity = 2});
    std::vector<client> clients;
    std::vector<std::string> got[2];
    run([&]() -> asio::awaitable<void> {
        for (auto& items : got) {
            auto& c = clients.emplace_back(co_await connect());
            asio::co_spawn(
                ctx,
                all(c.request_stream("news", payload{})),
                [&items](std::exception_ptr e, std::vector<std::string> v) {
                    EXPECT_FALSE(e);
                    items = std::move(v);
                });
        }
        co_await news.async_wait_subscribers(2, asio::use_awaitable);
        for (const char* item : {"a", "b", "c", "d"})
            co_await news.put(payload{item});
        news.close();
    });
    testing::run_until(time, [&] { return !got[0].empty() && !got[1].empty(); });
    EXPECT_EQ(got[0], (std::vector<std::string>{"a", "b", "c", "d"}));
    EXPECT_EQ(got[1], got[0]);
    srv.reset(); // before what it publishes
}

} // namespace
} // namespace streamx::rsocket
