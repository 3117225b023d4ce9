// A stream whose items are bounded in bytes too, by whoever consumes it.

#include "session_support.hpp"

#include <streamx/operators/map.hpp>
#include <streamx/sources/repeat_with.hpp>
#include <streamx/time/sleep_for.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace streamx::rsocket {
namespace {

struct window_bytes_test : memory_fixture {
    int made = 0;

    window_bytes_test() {
        asking.window = serving.window = 64;
        asking.window_bytes = serving.window_bytes = 10'000;
        asking.limits.message = serving.limits.message = 50'000;
    }

    asio::awaitable<client> connect() {
        auto [mine, theirs] = testing::memory_stream::pair(ctx.get_executor());
        serve().accept(std::move(theirs));
        io::transport link(std::move(mine));
        co_return co_await async_connect(std::move(link), asking, asio::use_awaitable);
    }
    /// Counts what is made.
    any_stream<payload> endless(std::size_t size) {
        return repeat_with([this, size] {
                   ++made;
                   return payload(std::string(size, 'x'));
               }) |
               on(ctx.get_executor());
    }
    /// Everything that can go on without the consumer has.
    asio::awaitable<void> rest() {
        co_await async_sleep_for(ctx.get_executor(), 1s, asio::use_awaitable);
    }

    /// Takes so many items; how many more than taken were made, at most.
    asio::awaitable<int> most_unread(payload_stream items, int n) {
        int most = 0;
        for (int i = 0; i != n; ++i) {
            co_await rest();
            most = std::max(most, made - i);
            const auto item = co_await items.next();
            EXPECT_TRUE(item);
        }
        co_return most;
    }

    int of_a_response(std::size_t size, int items) {
        serve().on_stream("endless", [this, size](const request&) { return endless(size); });
        int most = 0;
        run([&]() -> asio::awaitable<void> {
            auto c = co_await connect();
            most = co_await most_unread(c.request_stream("endless"), items);
        });
        return most;
    }
    int of_a_channel(std::size_t size, int items) {
        int most = 0;
        bool done = false;
        serve().on_channel("take", [&](const request&, payload_stream in) {
            asio::co_spawn(ctx, most_unread(std::move(in), items), [&](auto failure, int n) {
                EXPECT_FALSE(failure);
                most = n;
                done = true;
            });
            return count_to(1);
        });
        run([&]() -> asio::awaitable<void> {
            auto c = co_await connect();
            auto answers = c.request_channel("take", endless(size));
            while (!done)
                co_await rest();
        });
        return most;
    }
};

TEST_F(window_bytes_test, a_client_has_so_many_bytes_unread_at_most) {
    EXPECT_EQ(of_a_response(3000, 50), 3);
}

TEST_F(window_bytes_test, a_server_has_so_many_bytes_of_a_channel_unread_at_most) {
    EXPECT_EQ(of_a_channel(3000, 50), 3);
}

TEST_F(window_bytes_test, larger_items_come_one_by_one) {
    EXPECT_EQ(of_a_response(40'000, 20), 1); // in fragments
}

TEST_F(window_bytes_test, a_channels_larger_items_come_one_by_one) {
    EXPECT_EQ(of_a_channel(40'000, 20), 1);
}

TEST_F(window_bytes_test, of_small_items_the_window_is_full) {
    EXPECT_EQ(of_a_response(10, 200), 64);
}

TEST_F(window_bytes_test, a_channels_small_items_fill_the_window) {
    EXPECT_EQ(of_a_channel(10, 200), 64);
}

TEST_F(window_bytes_test, metadata_counts) {
    serve().on_stream("endless", [this](const request&) {
        return endless(10) | map([](payload p) { return payload(p.data, std::string(3000, 'm')); });
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        EXPECT_EQ(co_await most_unread(c.request_stream("endless"), 50), 3);
    });
}

} // namespace
} // namespace streamx::rsocket
