#include "session_support.hpp"

#include <streamx/core/error.hpp>

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <random>
#include <string>

namespace streamx::rsocket {
namespace {

using testing::memory_stream;

/// Connections in memory, which break after a random number of reads, in the middle of whatever is being
/// read.
struct resume_test : memory_fixture {
    std::mt19937 random{1};
    int connections = 0;
    int breaks_from = 1'000'000;
    bool reachable = true;
    std::optional<testing::memory_script> last;

    resume_test() {
        serving.resume.emplace();
        asking.resume.emplace();
        asking.reconnect.initial = 1ms;
    }

    void connect(const std::function<void(error_code, io::transport)>& done) {
        asio::post(ctx, [this, done] {
            if (!reachable)
                return done(asio::error::connection_refused, {});
            auto [mine, theirs] = memory_stream::pair(ctx.get_executor());
            last = mine.script();
            if (++connections >= breaks_from) {
                for (auto script : {mine.script(), theirs.script()}) {
                    script.read_at_most([this] { return 1 + random() % 150; });
                    script.fail_read(6 + random() % 30);
                }
            }
            srv->accept(std::move(theirs));
            done({}, std::move(mine));
        });
    }

    asio::awaitable<client> connect() {
        return async_connect(
            ctx.get_executor(),
            dialler([this](auto done) { connect(done); }),
            asking,
            asio::use_awaitable);
    }

    template <class Fn>
    void run(Fn fn) {
        memory_fixture::run(std::move(fn));
        srv.reset();
    }
};

TEST_F(resume_test, a_thousand_cuts_lose_double_and_reorder_nothing_of_100_000_items_each_way) {
    constexpr int items = 100'000;
    breaks_from = 1;
    serve();
    int received = 0;
    srv->on_channel("both", [&](const request&, payload_stream in) {
        asio::co_spawn(
            ctx,
            [](payload_stream from, int& count) -> asio::awaitable<void> {
                for (;;) {
                    auto item = co_await from.next();
                    if (!item)
                        break;
                    EXPECT_EQ(item->data, std::to_string(++count));
                }
            }(std::move(in), received),
            [](std::exception_ptr e) { EXPECT_FALSE(e); });
        return count_to(items);
    });
    run([&]() -> asio::awaitable<void> {
        std::optional<client> c;
        while (!c) { // the very first connections may break before there is a session
            try {
                c.emplace(co_await connect());
            } catch (const system_error&) {
            }
        }
        auto answers = c->request_channel("both", count_to(items));
        for (int i = 1; i <= items; ++i) {
            auto item = co_await answers.next();
            EXPECT_EQ(item ? item->data : "the end", std::to_string(i));
            if (!item)
                co_return;
        }
        EXPECT_FALSE(co_await answers.next());
        while (received != items)
            co_await asio::post(asio::use_awaitable);
    });
    EXPECT_GE(connections, 1000);
}

TEST_F(resume_test, a_refused_resume_fails_what_is_open_on_both_sides) {
    srv.emplace(ctx.get_executor(), serving);
    srv->on_stream("endless", [&](const request&) { return count_to(1'000'000'000); });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto s = c.request_stream("endless");
        EXPECT_TRUE(co_await s.next());
        srv.emplace(ctx.get_executor(), serving); // another server, which knows of no session
        last->reset();
        try {
            for (;;)
                EXPECT_TRUE(co_await s.next());
        } catch (const system_error& e) {
            EXPECT_EQ(e.code(), errc::rejected_resume);
        }
        EXPECT_FALSE(c.is_open());
    });
}

TEST_F(
    resume_test,
    Client_Lifetime_Management__a_session_that_cannot_be_resumed_in_time_ends_on_both_sides) {
    asking.resume->keep = serving.resume->keep = 10s;
    srv.emplace(ctx.get_executor(), serving);
    srv->on_stream("endless", [&](const request&) { return count_to(1'000'000'000); });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto s = c.request_stream("endless");
        EXPECT_TRUE(co_await s.next());
        EXPECT_EQ(srv->connections(), 1U);
        reachable = false;
        last->reset();
        const auto began = time.now();
        try {
            for (;;)
                EXPECT_TRUE(co_await s.next());
        } catch (const system_error& e) {
            EXPECT_EQ(e.code(), errc::rejected_resume);
        }
        EXPECT_EQ(time.now() - began, 10s);
        while (srv->connections() != 0)
            co_await asio::post(asio::use_awaitable);
    });
}

} // namespace
} // namespace streamx::rsocket
