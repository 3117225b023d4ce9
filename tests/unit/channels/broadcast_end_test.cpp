#include <streamx/channels/broadcast.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <streamx/testing/collect.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>

// The weaknesses of the Python seed, by the numbers of the list that they were written down in.

namespace streamx::testing {
namespace {

using broadcast_end_test = broadcast_fixture;

TEST_F(broadcast_end_test, row_15_a_put_after_close_says_closed_and_returns_the_item) {
    auto s = b.subscribe();
    b.close();
    int mine = 1;
    code sent;

    EXPECT_FALSE(b.try_put(mine));
    b.async_put(std::ref(mine), into(sent));
    run();

    EXPECT_EQ(sent, errc::closed);
    EXPECT_EQ(mine, 1);
    EXPECT_EQ(put(2), errc::closed);
    EXPECT_EQ(undelivered, (ints{2}));
    EXPECT_FALSE(b.is_open());
}

TEST_F(broadcast_end_test, row_16_only_the_first_close_counts) {
    auto s = b.subscribe();
    b.close();
    b.close(std::make_exception_ptr(std::runtime_error("late")));
    b.close();

    EXPECT_TRUE(s.try_next().is_end());
}

TEST_F(broadcast_end_test, row_17_close_never_waits_and_tells_all_who_do) {
    auto waits = b.subscribe();
    auto stuck = b.subscribe();
    received<int> got;
    code sent, count;
    ask(waits, got);
    b.async_put(1, into(sent));
    b.async_wait_subscribers(3, into(count));
    run();

    b.close();
    EXPECT_FALSE(sent) << "completed inside the call";
    run();

    EXPECT_TRUE(got.ended());
    EXPECT_EQ(sent, errc::closed);
    EXPECT_EQ(count, errc::closed);
}

TEST_F(broadcast_end_test, row_18_who_comes_after_the_close_finds_the_end) {
    b.close();
    auto s = b.subscribe();
    received<int> got;
    ask(s, got);

    EXPECT_TRUE(got.ended());
    EXPECT_EQ(b.subscriber_count(), 0u);
}

TEST_F(broadcast_end_test, row_19_a_failure_comes_after_what_there_is_and_once) {
    auto s = b.subscribe({.capacity = 4});
    put_all(b, {1, 2});
    b.close(std::make_exception_ptr(std::runtime_error("boom")));

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (ints{1, 2}));
    EXPECT_EQ(got.what, "boom");
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(broadcast_end_test, row_20_the_consumer_may_close_and_put_from_its_handler) {
    auto s = b.subscribe();
    ints seen;
    code echo;
    std::function<void()> next = [&] {
        s.async_next([&](std::exception_ptr, std::optional<int> item) {
            if (!item)
                return;
            seen.push_back(*item);
            if (*item == 1)
                b.async_put(2, into(echo));
            else
                b.close();
            next();
        });
    };
    next();
    run();
    b.try_put(1);
    run();

    EXPECT_EQ(seen, (ints{1, 2}));
    EXPECT_EQ(echo, success);
}

TEST_F(broadcast_end_test, its_destruction_is_its_end) {
    std::optional<broadcast<int>> gone(ctx.get_executor());
    auto s = gone->subscribe();
    code sent;
    gone->async_put(1, into(sent));
    gone.reset();
    run();

    EXPECT_EQ(sent, errc::closed);
    EXPECT_TRUE(s.try_next().is_end());
}

TEST(broadcast_context_test, whatever_is_parked_goes_with_its_context) {
    ints undelivered;
    auto ctx = std::make_unique<asio::io_context>();
    broadcast<int> b(
        ctx->get_executor(), {.on_undelivered = [&](int&& item) { undelivered.push_back(item); }});
    auto one = b.subscribe();
    auto two = b.subscribe();
    one.async_wait([](error_code) { FAIL(); });
    b.async_put(1, [](error_code) { FAIL(); });

    ctx.reset();

    EXPECT_EQ(undelivered, (ints{1}));
    EXPECT_EQ(b.stats().puts_waiting, 0u);
    EXPECT_TRUE(two.try_next().is_pending());
}

} // namespace
} // namespace streamx::testing
