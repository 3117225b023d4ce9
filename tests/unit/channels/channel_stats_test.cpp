#include <streamx/channels/channel_stats.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

namespace streamx::testing {
namespace {

struct channel_stats_test : channel_test {};

TEST_F(channel_stats_test, of_an_idle_channel_are_all_zero) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);

    for (const auto& stats : {tx.stats(), rx.stats()}) {
        EXPECT_EQ(stats.sent, 0u);
        EXPECT_EQ(stats.received, 0u);
        EXPECT_EQ(stats.dropped, 0u);
        EXPECT_EQ(stats.undelivered, 0u);
        EXPECT_EQ(stats.high_water, 0u);
        EXPECT_EQ(stats.times_blocked, 0u);
        EXPECT_EQ(stats.blocked_for.count(), 0);
    }
}

TEST_F(channel_stats_test, count_what_was_sent_and_what_was_taken_from_a_batch) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1, 2, 3});
    EXPECT_FALSE(tx.try_send(4) && tx.try_send(5));

    EXPECT_EQ(rx.stats().received, 0u);
    (void)take_one(rx);
    EXPECT_EQ(rx.stats().received, 1u) << "not what it holds, but what it gave out";
    (void)take_one(rx);

    EXPECT_EQ(tx.stats().received, 2u);
    EXPECT_EQ(tx.stats().sent, 4u);
}

TEST_F(channel_stats_test, high_water_is_the_most_that_was_in_it_at_one_time) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    for (int n = 0; n < 20; ++n) {
        fill(tx, {n});
        (void)take_one(rx);
    }
    EXPECT_EQ(tx.stats().high_water, 1u);

    fill(tx, {1, 2, 3, 4, 5});
    (void)take_one(rx);
    (void)take_one(rx);
    fill(tx, {6, 7});
    (void)take_all(rx);

    EXPECT_EQ(tx.stats().high_water, 5u);
}

TEST_F(channel_stats_test, count_each_wait_of_a_sender_and_how_long_it_was) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    EXPECT_FALSE(tx.try_send(2));
    EXPECT_EQ(tx.stats().times_blocked, 0u) << "a try does not wait";
    code first, second, third;
    tx.async_send(2, into(first));
    tx.async_wait(into(second));
    tx.async_reserve([&](error_code ec, permit<int>) { third = ec; });

    EXPECT_EQ(tx.stats().times_blocked, 3u);
    (void)take_one(rx);
    run();
    (void)take_one(rx);
    run();
    ASSERT_TRUE(first && second && third);

    const auto stats = tx.stats();
    EXPECT_EQ(stats.times_blocked, 3u);
    EXPECT_GE(stats.blocked_for.count(), 0);
    EXPECT_EQ(tx.stats().blocked_for, stats.blocked_for) << "nobody waits any more";
}

TEST_F(channel_stats_test, a_cancelled_wait_counts_but_no_item_of_it) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    asio::cancellation_signal cancel;
    code sent;
    tx.async_send(2, into(sent, cancel));
    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(tx.stats().sent, 1u);
    EXPECT_EQ(tx.stats().times_blocked, 1u);
    EXPECT_EQ(tx.stats().undelivered, 0u);
}

TEST_F(channel_stats_test, add_up_after_the_last_receiver_has_gone) {
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    std::optional rx(std::move(ends.rx));
    fill(ends.tx, {1, 2, 3, 4});
    (void)take_one(*rx);

    rx.reset();

    const auto stats = ends.tx.stats();
    EXPECT_EQ(stats.sent, 4u);
    EXPECT_EQ(stats.received, 1u);
    EXPECT_EQ(stats.undelivered, 3u);
    EXPECT_EQ(ends.tx.size(), 0u);
}

} // namespace
} // namespace streamx::testing
