#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct channel_copies_test : channel_test {};

TEST_F(channel_copies_test, four_receivers_that_share_never_hoard) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 400);
    for (int item = 0; item < 400; ++item)
        ASSERT_TRUE(tx.try_send(item));
    std::vector<receiver<int>> workers(3, rx);
    workers.push_back(std::move(rx));

    for (int n = 0; n < 4; ++n)
        EXPECT_EQ(take_one(workers[n]), n);

    // What one of them still had would be missing for the others.
    workers.erase(workers.begin(), workers.begin() + 3);
    EXPECT_EQ(tx.size(), 396u);
    auto rest = take_all(workers.front());
    ASSERT_EQ(rest.size(), 396u);
    EXPECT_EQ(rest.front(), 4);
    EXPECT_EQ(rest.back(), 399);
}

TEST_F(channel_copies_test, four_waiting_workers_get_one_item_each) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 400);
    std::vector<receiver<int>> workers(4, rx);
    std::vector<received<int>> got(4);
    for (int n = 0; n < 4; ++n)
        workers[n].async_next(into(got[n]));
    run();

    for (int item = 0; item < 400; ++item)
        ASSERT_TRUE(tx.try_send(item));
    run();

    ints items;
    for (auto& one : got)
        items.push_back(one.item.value_or(-1));
    EXPECT_EQ(items, (ints{0, 1, 2, 3})) << "first come first served";
    EXPECT_EQ(rx.size(), 396u);
}

TEST_F(channel_copies_test, a_receiver_that_is_copied_shares_what_it_had_taken_for_itself) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    fill(tx, {1, 2, 3, 4});
    ASSERT_EQ(take_one(rx), 1); // the rest is its own now

    auto other = rx;

    EXPECT_EQ(take_one(other), 2);
    EXPECT_EQ(take_one(rx), 3);
    EXPECT_EQ(take_one(other), 4);
}

TEST_F(channel_copies_test, the_receiver_that_is_left_alone_goes_on_with_all_items) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    {
        auto other = rx;
        fill(tx, {1, 2, 3, 4});
        ASSERT_EQ(take_one(other), 1);
    }

    EXPECT_TRUE(tx.is_open());
    EXPECT_EQ(take_all(rx), (ints{2, 3, 4}));
}

TEST_F(channel_copies_test, a_close_wakes_every_copy) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    auto other = rx;
    received<int> first, second;
    rx.async_next(into(first));
    other.async_next(into(second));
    run();

    tx.close();
    run();

    EXPECT_TRUE(first.ended());
    EXPECT_TRUE(second.ended());
}

TEST_F(channel_copies_test, a_woken_receiver_that_is_destroyed_leaves_the_item_to_the_next) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    std::optional first(rx);
    received<int> destroyed, next;
    first->async_next(into(destroyed));
    run();
    rx.async_next(into(next));
    run();
    fill(tx, {1}); // wakes the first

    first.reset();
    run();

    EXPECT_TRUE(destroyed.done);
    EXPECT_EQ(next.item, 1);
}

TEST_F(channel_copies_test, a_copied_sender_is_a_sender_until_it_goes) {
    auto ends = make_channel<int>(ctx.get_executor(), 8);
    std::vector<sender<int>> copies(3, ends.tx);
    auto last = std::move(ends.tx);
    for (int n = 0; n < 3; ++n)
        EXPECT_TRUE(copies[n].try_send(n));
    copies.clear();

    EXPECT_TRUE(last.is_open());
    EXPECT_EQ(take_all(ends.rx), (ints{0, 1, 2}));
    EXPECT_TRUE(ends.rx.try_next().is_pending());
}

TEST_F(channel_copies_test, a_weak_sender_does_not_keep_the_channel_from_ending) {
    auto ends = make_channel<int>(ctx.get_executor(), 8);
    std::optional tx(std::move(ends.tx));
    auto weak = tx->weak();
    {
        auto strong = weak.lock();
        ASSERT_TRUE(strong);
        EXPECT_TRUE(strong->try_send(1));
    }

    tx.reset();

    EXPECT_FALSE(weak.lock());
    EXPECT_EQ(take_one(ends.rx), 1);
    EXPECT_TRUE(ends.rx.try_next().is_end());
}

TEST_F(channel_copies_test, a_locked_weak_sender_keeps_the_channel_from_ending) {
    auto ends = make_channel<int>(ctx.get_executor(), 8);
    std::optional tx(std::move(ends.tx));
    auto strong = tx->weak().lock();

    tx.reset();

    ASSERT_TRUE(strong);
    EXPECT_TRUE(ends.rx.try_next().is_pending());
    strong.reset();
    EXPECT_TRUE(ends.rx.try_next().is_end());
}

TEST_F(channel_copies_test, a_weak_sender_outlives_the_channel) {
    std::optional<weak_sender<int>> weak;
    {
        auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
        weak = tx.weak();
    }

    EXPECT_FALSE(weak->lock());
}

} // namespace
} // namespace streamx::testing
