// Broadcasts that share a budget, with each other and with channels.
#include "memory_budget_support.hpp"

#include <streamx/testing/collect.hpp>

#include <boost/asio/error.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>

namespace streamx::testing {
namespace {

using broadcast_budget_test = memory_budget_test;

TEST_F(broadcast_budget_test, counts_an_item_of_a_broadcast_once_until_the_last_has_it) {
    auto b = broadcast_of();
    auto one = b.subscribe({.capacity = 9});
    auto two = b.subscribe({.capacity = 9});
    put_all(b, {6, 4});
    EXPECT_EQ(budget.used(), 10u);
    EXPECT_EQ(take_one(one), 6);
    EXPECT_EQ(take_one(one), 4);
    EXPECT_FALSE(b.try_put(1)) << "one is not enough";
    code put;
    b.async_put(5, into(put));
    run();
    EXPECT_FALSE(put);

    EXPECT_EQ(take_one(two), 6);
    run();

    EXPECT_EQ(put, success);
    EXPECT_EQ(budget.used(), 9u);
    EXPECT_EQ(take_all(one), ints{5});
    EXPECT_EQ(take_all(two), (ints{4, 5}));
    EXPECT_EQ(budget.used(), 0u);
}

TEST_F(broadcast_budget_test, is_shared_by_channels_and_broadcasts_in_the_order_of_their_waits) {
    auto c = channel();
    auto b = broadcast_of();
    auto s = b.subscribe({.capacity = 9});
    EXPECT_TRUE(c.tx.try_send(10));
    code put, sent;
    b.async_put(8, into(put));
    send(c.tx, 2, sent);
    EXPECT_EQ(budget.waiting(), 2u);

    EXPECT_EQ(take_one(c.rx), 10);
    run();
    EXPECT_EQ(put, success);
    EXPECT_EQ(sent, success);
    EXPECT_EQ(budget.used(), 10u);
    EXPECT_EQ(collect(ctx, s).items, ints{8}); // by the batch
    EXPECT_EQ(budget.used(), 2u);
}

TEST_F(broadcast_budget_test, a_broadcast_refuses_what_is_heavier_than_all_of_it) {
    ints undelivered;
    auto b = broadcast_of([&](int&& i) { undelivered.push_back(i); });
    auto s = b.subscribe({.capacity = 9});
    code put;
    b.async_put(11, into(put));
    run();

    EXPECT_EQ(put, errc::exceeds_budget);
    EXPECT_EQ(undelivered, ints{11});
    EXPECT_FALSE(b.try_put(11));
    EXPECT_TRUE(b.try_put(10));
}

TEST_F(
    broadcast_budget_test,
    a_subscriber_that_may_miss_items_does_so_for_it_and_none_that_others_need) {
    auto b = broadcast_of();
    auto misses = b.subscribe({.overflow = overflow::drop_oldest, .capacity = 9});
    put_all(b, {4, 4, 9});
    EXPECT_EQ(misses.missed(), 2u);
    EXPECT_EQ(budget.used(), 9u);

    auto waits = b.subscribe({.capacity = 9});
    EXPECT_TRUE(b.try_put(10)) << "the 9 is for nobody else";
    EXPECT_FALSE(b.try_put(1)) << "but the 10 is";
    EXPECT_EQ(take_all(waits), ints{10});
    EXPECT_TRUE(b.try_put(1));
    EXPECT_EQ(take_all(misses), ints{1});
    EXPECT_EQ(misses.missed(), 4u);
}

TEST_F(broadcast_budget_test, a_put_that_waits_drops_its_own_oldest_once_that_is_enough) {
    auto c = channel();
    auto b = broadcast_of();
    auto misses = b.subscribe({.overflow = overflow::drop_oldest, .capacity = 9});
    put_all(b, {2, 1});
    EXPECT_TRUE(c.tx.try_send(4));
    EXPECT_TRUE(c.tx.try_send(3));
    code put, later;
    b.async_put(5, into(put));
    send(c.tx, 1, later);
    EXPECT_FALSE(put) << "others have 7 of 10";
    EXPECT_EQ(misses.missed(), 0u);

    EXPECT_EQ(take_one(c.rx), 4);
    run();

    EXPECT_EQ(put, success);
    EXPECT_EQ(later, success) << "and the next has its turn";
    EXPECT_EQ(misses.missed(), 1u) << "as many as it takes";
    EXPECT_EQ(take_all(misses), (ints{1, 5}));
}

TEST_F(broadcast_budget_test, nobody_misses_an_item_for_a_put_that_has_to_wait_all_the_same) {
    auto b = broadcast_of();
    auto misses = b.subscribe({.overflow = overflow::drop_oldest, .capacity = 9});
    EXPECT_TRUE(b.try_put(3));
    auto waits = b.subscribe({.capacity = 9});
    EXPECT_TRUE(b.try_put(4));

    EXPECT_FALSE(b.try_put(7)) << "without the 3 there is room for 6";

    EXPECT_EQ(take_all(misses), (ints{3, 4}));
}

TEST_F(broadcast_budget_test, what_is_retained_gives_way) {
    broadcast<int> b(ctx.get_executor(), {.retain = 100, .budget = budget, .weight = [](int i) {
                                              return static_cast<std::size_t>(i);
                                          }});
    auto s = b.subscribe({.capacity = 100});
    put_all(b, {2, 3, 5});
    EXPECT_FALSE(b.try_put(4)) << "these are still to be taken";
    EXPECT_EQ(take_all(s), (ints{2, 3, 5}));
    EXPECT_EQ(budget.used(), 10u);

    EXPECT_TRUE(b.try_put(4));

    EXPECT_EQ(budget.used(), 9u);
    auto late = b.subscribe({.capacity = 100, .replay = 100});
    EXPECT_EQ(take_all(late), (ints{5, 4}));
    EXPECT_EQ(take_all(s), ints{4});
}

TEST_F(broadcast_budget_test, gets_back_what_was_taken_of_a_batch_that_was_broken_off_by_leaving) {
    auto b = broadcast_of();
    auto leaves = b.subscribe({.capacity = 9});
    auto stays = b.subscribe({.capacity = 9});
    put_all(b, {1, 2, 3});
    leaves.each_ready([&](int) {
        leaves.release();
        return true;
    });

    EXPECT_EQ(take_all(stays), (ints{1, 2, 3}));

    EXPECT_EQ(budget.used(), 0u);
}

TEST_F(broadcast_budget_test, gets_back_what_a_broadcast_and_its_subscribers_leave) {
    auto c = channel();
    {
        auto b = broadcast_of();
        auto one = std::optional(b.subscribe({.capacity = 9}));
        auto two = b.subscribe({.capacity = 9});
        put_all(b, {6, 4});
        EXPECT_EQ(take_one(two), 6);
        one.reset();
        EXPECT_EQ(budget.used(), 4u) << "who has left has all behind it";
        code sent;
        send(c.tx, 9, sent);
        EXPECT_FALSE(sent);
        c.tx.close();
        run();
        EXPECT_EQ(sent, errc::closed);
        b.close();
        EXPECT_EQ(budget.used(), 4u) << "it can still be taken";
    }
    EXPECT_EQ(budget.used(), 0u);
}

TEST_F(broadcast_budget_test, goes_with_lockstep_and_forgets_a_put_that_is_cancelled) {
    auto c = channel();
    auto b = broadcast_of();
    auto s = b.subscribe();
    EXPECT_TRUE(c.tx.try_send(10));
    received<int> got;
    s.async_next(into(got));
    run();
    asio::cancellation_signal cancel;
    code gone, put;
    b.async_put(5, into(gone, cancel));
    b.async_put(3, into(put));
    run();
    EXPECT_FALSE(gone);

    cancel.emit(asio::cancellation_type::total);
    EXPECT_EQ(take_one(c.rx), 10);
    run();

    EXPECT_EQ(gone, asio::error::operation_aborted);
    EXPECT_EQ(put, success);
    EXPECT_EQ(got.item, 3);
    EXPECT_EQ(budget.used(), 0u);
}

TEST_F(broadcast_budget_test, gets_back_what_nobody_of_a_broadcast_is_to_have) {
    auto b = broadcast_of();
    auto copies = b.subscribe({.overflow = overflow::drop_newest, .capacity = 1});
    EXPECT_TRUE(b.try_put(8));
    EXPECT_EQ(budget.used(), 0u) << "who has its own copies needs none in the ring";
    copies.release();

    auto cut_off = b.subscribe({.overflow = overflow::disconnect, .capacity = 1});
    EXPECT_TRUE(b.try_put(2));
    EXPECT_EQ(budget.used(), 2u);
    EXPECT_TRUE(b.try_put(3));

    EXPECT_EQ(b.subscriber_count(), 0u);
    EXPECT_EQ(budget.used(), 0u);
}

TEST_F(broadcast_budget_test, gets_back_what_a_put_that_threw_was_to_have) {
    struct reluctant {
        reluctant() = default;
        reluctant(const reluctant&) = default;
        reluctant(reluctant&&) { throw std::runtime_error("stays"); }
    };
    broadcast<reluctant> b(ctx.get_executor(), {.budget = budget, .weight = [](const reluctant&) {
                                                    return std::size_t(3);
                                                }});
    auto s = b.subscribe({.capacity = 1});
    reluctant mine;

    EXPECT_THROW(b.try_put(mine), std::runtime_error);

    EXPECT_EQ(budget.used(), 0u);
}

} // namespace
} // namespace streamx::testing
