#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <stdexcept>

namespace streamx::testing {
namespace {

struct set_capacity_test : channel_test {};

TEST_F(set_capacity_test, up_lets_parked_senders_in_at_once) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    code first, second, third;
    tx.async_send(2, into(first));
    tx.async_send(3, into(second));
    tx.async_send(4, into(third));

    tx.set_capacity(3);
    run();

    EXPECT_EQ(rx.capacity(), 3u);
    EXPECT_EQ(first, success);
    EXPECT_EQ(second, success);
    EXPECT_FALSE(third);
    EXPECT_EQ(take_all(rx), (ints{1, 2, 3, 4}));
}

TEST_F(set_capacity_test, down_keeps_what_is_in_it_and_accepts_no_more_until_there_is_room) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1, 2, 3, 4});

    rx.set_capacity(2);

    EXPECT_EQ(tx.capacity(), 2u);
    EXPECT_EQ(rx.size(), 4u);
    for (int expected : {1, 2}) {
        EXPECT_FALSE(tx.try_send(90));
        EXPECT_EQ(take_one(rx), expected);
    }
    EXPECT_FALSE(tx.try_send(90));
    EXPECT_EQ(take_one(rx), 3);
    EXPECT_TRUE(tx.try_send(5));
    EXPECT_FALSE(tx.try_send(90));
    EXPECT_EQ(take_all(rx), (ints{4, 5}));
}

TEST_F(set_capacity_test, down_while_the_receiver_holds_a_batch_counts_the_batch) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1, 2, 3, 4});
    ASSERT_EQ(take_one(rx), 1); // it holds three
    code parked;

    tx.set_capacity(2);
    tx.async_send(5, into(parked));
    EXPECT_EQ(take_one(rx), 2);
    run();
    EXPECT_FALSE(parked) << "two are in it";
    EXPECT_EQ(take_one(rx), 3);
    run();

    EXPECT_EQ(parked, success);
    EXPECT_EQ(rx.size(), 2u);
    EXPECT_EQ(take_all(rx), (ints{4, 5}));
}

TEST_F(set_capacity_test, up_while_the_receiver_holds_a_batch_adds_just_that_room) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    fill(tx, {1, 2});
    ASSERT_EQ(take_one(rx), 1);

    rx.set_capacity(4);

    fill(tx, {3, 4, 5});
    EXPECT_FALSE(tx.try_send(90));
    EXPECT_EQ(take_all(rx), (ints{2, 3, 4, 5}));
}

TEST_F(set_capacity_test, to_0_makes_a_rendezvous_of_it_and_back) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    fill(tx, {1});

    tx.set_capacity(0);
    EXPECT_FALSE(tx.try_send(90));
    EXPECT_EQ(take_one(rx), 1);
    EXPECT_FALSE(tx.try_send(90));
    received<int> got;
    rx.async_next(into(got));
    run();
    EXPECT_TRUE(tx.try_send(2));
    run();
    EXPECT_EQ(got.item, 2);

    tx.set_capacity(1);
    EXPECT_TRUE(tx.try_send(3));
    EXPECT_FALSE(tx.try_send(90));
    EXPECT_EQ(take_one(rx), 3);
}

TEST_F(set_capacity_test, counts_the_slots_that_permits_keep) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 3);
    permit<int> kept;
    tx.async_reserve([&](error_code, permit<int> p) { kept = std::move(p); });
    run();
    fill(tx, {1});

    tx.set_capacity(2);

    EXPECT_FALSE(tx.try_send(90));
    EXPECT_TRUE(kept.send(2));
    EXPECT_EQ(rx.size(), 2u);
}

TEST_F(set_capacity_test, down_with_drop_oldest_comes_down_with_the_next_send) {
    ints undelivered;
    auto [tx, rx] = make_channel<int>(
        ctx.get_executor(),
        {.capacity = 4, .overflow = overflow::drop_oldest, .on_undelivered = [&](int&& item) {
             undelivered.push_back(item);
         }});
    fill(tx, {1, 2, 3, 4});

    tx.set_capacity(2);
    fill(tx, {5});

    EXPECT_EQ(rx.size(), 2u);
    EXPECT_EQ(undelivered, (ints{1, 2, 3}));
    EXPECT_EQ(take_all(rx), (ints{4, 5}));
}

TEST_F(set_capacity_test, to_0_with_drop_oldest_is_refused_as_at_the_start) {
    auto [tx, rx] =
        make_channel<int>(ctx.get_executor(), {.capacity = 4, .overflow = overflow::drop_oldest});

    EXPECT_THROW(tx.set_capacity(0), std::invalid_argument);
    EXPECT_EQ(tx.capacity(), 4u);
}

} // namespace
} // namespace streamx::testing
