#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace streamx::testing {
namespace {

struct channel_capacity_test : channel_test {};

asio::awaitable<void> take_one_and_stop(receiver<int>& rx) { (void)co_await rx.next(); }

TEST_F(channel_capacity_test, accepts_as_many_items_as_its_capacity_and_not_one_more) {
    for (int capacity : {1, 2, 3, 64, 65, 1000}) {
        SCOPED_TRACE(capacity);
        auto [tx, rx] = make_channel<int>(ctx.get_executor(), capacity);
        int accepted = 0;
        while (tx.try_send(accepted))
            ++accepted;

        EXPECT_EQ(accepted, capacity);
        EXPECT_EQ(tx.size(), std::size_t(capacity));
        EXPECT_EQ(tx.capacity(), std::size_t(capacity));
    }
}

TEST_F(channel_capacity_test, has_room_for_one_after_a_receiver_that_took_a_batch_gives_out_one) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1, 2, 3, 4});

    EXPECT_EQ(take_one(rx), 1);

    EXPECT_EQ(rx.size(), 3u);
    EXPECT_TRUE(tx.try_send(5));
    EXPECT_FALSE(tx.try_send(6));
}

TEST_F(channel_capacity_test, never_holds_more_than_its_capacity_whatever_the_receiver_batches) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 7);
    int sent = 0;
    int taken = 0;
    for (int round = 0; round < 500; ++round) {
        for (int n = 0; n <= round % 9; ++n)
            sent += tx.try_send(sent);
        ASSERT_LE(sent - taken, 7);
        ASSERT_EQ(rx.size(), std::size_t(sent - taken));
        for (int n = 0; n <= round % 4; ++n) {
            if (auto item = rx.try_next()) {
                ASSERT_EQ(*item, taken);
                ++taken;
            }
        }
    }
    EXPECT_GT(taken, 500);
}

TEST_F(channel_capacity_test, a_parked_send_completes_when_one_item_of_a_batch_was_taken) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1, 2, 3, 4});
    ASSERT_EQ(take_one(rx), 1);
    fill(tx, {5});
    code sent;
    tx.async_send(6, into(sent));
    run();
    ASSERT_FALSE(sent);

    EXPECT_EQ(take_one(rx), 2);
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(rx.size(), 4u);
    EXPECT_EQ(take_all(rx), (ints{3, 4, 5, 6}));
}

TEST_F(channel_capacity_test, one_item_taken_lets_exactly_one_of_several_parked_sends_in) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1, 2, 3, 4});
    code first, second;
    tx.async_send(5, into(first));
    tx.async_send(6, into(second));

    EXPECT_EQ(take_one(rx), 1);
    run();

    EXPECT_EQ(first, success);
    EXPECT_FALSE(second);
    EXPECT_EQ(rx.size(), 4u);
}

// Room may be made for many at once while items are being taken, but not withheld: whoever takes
// one and then no more, in whatever way, leaves nobody waiting for room that is there.
TEST_F(channel_capacity_test, a_parked_send_gets_the_room_though_the_receiver_takes_no_more) {
    for (int capacity : {1, 4, 16, 64, 1000})
        for (int way = 0; way < 4; ++way) {
            SCOPED_TRACE(::testing::Message() << capacity << ' ' << way);
            auto [tx, rx] = make_channel<int>(ctx.get_executor(), capacity);
            for (int item = 0; item < capacity; ++item)
                ASSERT_TRUE(tx.try_send(item));
            code sent;
            tx.async_send(capacity, into(sent));
            run();
            ASSERT_FALSE(sent);

            received<int> one;
            received_many<int> many;
            if (way == 0)
                (void)rx.try_next();
            else if (way == 1)
                rx.async_next(into(one));
            else if (way == 2)
                rx.async_receive_many(1, into(many));
            else
                asio::co_spawn(ctx, take_one_and_stop(rx), asio::detached);
            run();

            EXPECT_EQ(sent, success);
            EXPECT_EQ(rx.size(), std::size_t(capacity));
        }
}

TEST_F(channel_capacity_test, a_try_send_that_fails_leaves_the_item_untouched) {
    auto [tx, rx] = make_channel<std::unique_ptr<int>>(ctx.get_executor(), 1);
    auto first = std::make_unique<int>(1);
    auto second = std::make_unique<int>(2);

    ASSERT_TRUE(tx.try_send(first));
    EXPECT_FALSE(tx.try_send(second));
    EXPECT_FALSE(tx.try_send(std::move(second)));

    EXPECT_EQ(first, nullptr);
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(*second, 2);
    tx.close();
    EXPECT_FALSE(tx.try_send(second));
    EXPECT_NE(second, nullptr);
}

TEST_F(channel_capacity_test, a_try_send_of_a_constant_copies_it) {
    auto [tx, rx] = make_channel<std::string>(ctx.get_executor(), 1);
    const std::string item = "a string that is too long for the small buffer";

    EXPECT_TRUE(tx.try_send(item));

    EXPECT_EQ(item.size(), 46u);
    EXPECT_EQ(take_one(rx), item);
}

TEST_F(channel_capacity_test, carries_items_that_can_only_be_moved_through_every_way_in) {
    auto [tx, rx] = make_channel<std::unique_ptr<int>>(ctx.get_executor(), 2);
    auto referenced = std::make_unique<int>(2);
    code first, second, parked;

    tx.async_send(std::make_unique<int>(1), into(first));
    tx.async_send(std::ref(referenced), into(second));
    tx.async_send(std::make_unique<int>(3), into(parked));
    std::vector<int> got;
    for (int n = 0; n < 3; ++n) {
        received<std::unique_ptr<int>> one;
        rx.async_next(into(one));
        run();
        ASSERT_TRUE(one.item);
        got.push_back(**one.item);
    }

    EXPECT_EQ(got, (ints{1, 2, 3}));
    EXPECT_EQ(referenced, nullptr);
    EXPECT_EQ(parked, success);
}

} // namespace
} // namespace streamx::testing
