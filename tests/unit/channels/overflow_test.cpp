#include <streamx/channels/overflow.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>

namespace streamx::testing {
namespace {

struct overflow_test : channel_test {
    ints undelivered;

    channel_ends<int, std::mutex> channel(std::size_t capacity, overflow policy) {
        return make_channel<int>(
            ctx.get_executor(),
            {.capacity = capacity, .overflow = policy, .on_undelivered = [this](int&& item) {
                 undelivered.push_back(item);
             }});
    }
};

TEST_F(overflow_test, wait_refuses_a_try_and_drops_nothing) {
    auto [tx, rx] = channel(2, overflow::wait);
    fill(tx, {1, 2});

    EXPECT_FALSE(tx.try_send(3));

    EXPECT_EQ(take_all(rx), (ints{1, 2}));
    EXPECT_EQ(rx.stats().dropped, 0u);
    EXPECT_TRUE(undelivered.empty());
}

TEST_F(overflow_test, drop_oldest_makes_room_at_the_front) {
    auto [tx, rx] = channel(3, overflow::drop_oldest);

    fill(tx, {1, 2, 3, 4, 5});
    code sent;
    tx.async_send(6, into(sent));
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(undelivered, (ints{1, 2, 3}));
    EXPECT_EQ(take_all(rx), (ints{4, 5, 6}));
    const auto stats = rx.stats();
    EXPECT_EQ(stats.sent, 6u);
    EXPECT_EQ(stats.received, 3u);
    EXPECT_EQ(stats.dropped, 3u);
    EXPECT_EQ(stats.high_water, 3u);
    EXPECT_EQ(stats.times_blocked, 0u);
}

TEST_F(overflow_test, drop_oldest_drops_only_what_no_receiver_has) {
    auto [tx, rx] = channel(3, overflow::drop_oldest);
    fill(tx, {1, 2, 3});
    EXPECT_EQ(take_one(rx), 1);

    fill(tx, {4, 5});

    EXPECT_EQ(undelivered, (ints{2}));
    EXPECT_EQ(take_all(rx), (ints{3, 4, 5}));
}

TEST_F(overflow_test, drop_newest_leaves_the_channel_as_it_is) {
    auto [tx, rx] = channel(2, overflow::drop_newest);

    fill(tx, {1, 2, 3, 4});
    code sent;
    tx.async_send(5, into(sent));
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(undelivered, (ints{3, 4, 5}));
    EXPECT_EQ(take_all(rx), (ints{1, 2}));
    EXPECT_EQ(rx.stats().dropped, 3u);
    EXPECT_EQ(rx.stats().sent, 2u);
}

TEST_F(overflow_test, fail_tells_the_sender_and_leaves_it_the_item) {
    auto [tx, rx] = channel(1, overflow::fail);
    fill(tx, {1});
    int mine = 2;
    code by_reference, by_value;

    EXPECT_FALSE(tx.try_send(mine));
    tx.async_send(std::ref(mine), into(by_reference));
    tx.async_send(3, into(by_value));
    EXPECT_FALSE(by_reference) << "completed inside the call";
    run();

    EXPECT_EQ(by_reference, errc::full);
    EXPECT_EQ(by_value, errc::full);
    EXPECT_EQ(mine, 2);
    EXPECT_EQ(undelivered, (ints{3}));
    EXPECT_EQ(take_all(rx), (ints{1}));
    EXPECT_EQ(rx.stats().dropped, 0u);
    EXPECT_EQ(rx.stats().times_blocked, 0u);
}

TEST_F(overflow_test, fail_tells_who_asks_for_room_instead_of_letting_it_wait) {
    auto [tx, rx] = channel(1, overflow::fail);
    code free, full;

    tx.async_wait(into(free));
    run();
    fill(tx, {1});
    tx.async_wait(into(full));
    run();

    EXPECT_EQ(free, success);
    EXPECT_EQ(full, errc::full);
}

TEST_F(overflow_test, closed_goes_before_every_policy) {
    for (auto policy :
         {overflow::wait, overflow::drop_oldest, overflow::drop_newest, overflow::fail}) {
        SCOPED_TRACE(static_cast<int>(policy));
        auto [tx, rx] = channel(1, policy);
        fill(tx, {1});
        rx.close();
        int mine = 2;
        code sent;

        EXPECT_FALSE(tx.try_send(mine));
        tx.async_send(std::ref(mine), into(sent));
        run();

        EXPECT_EQ(sent, errc::closed);
        EXPECT_EQ(take_all(rx), (ints{1}));
    }
    EXPECT_TRUE(undelivered.empty());
}

TEST_F(overflow_test, a_slot_that_a_permit_keeps_is_never_dropped_into) {
    auto [tx, rx] = channel(1, overflow::drop_oldest);
    permit<int> kept;
    tx.async_reserve([&](error_code, permit<int> p) { kept = std::move(p); });
    run();
    ASSERT_TRUE(kept);

    EXPECT_TRUE(tx.try_send(1));
    EXPECT_EQ(undelivered, (ints{1})) << "there is nothing older";
    EXPECT_TRUE(kept.send(2));

    EXPECT_EQ(take_all(rx), (ints{2}));
    EXPECT_EQ(rx.stats().dropped, 1u);
}

TEST_F(overflow_test, a_hook_may_use_the_channel) {
    std::optional<sender<int>> again;
    auto [tx, rx] = make_channel<int>(
        ctx.get_executor(),
        {.capacity = 1, .overflow = overflow::drop_oldest, .on_undelivered = [&](int&& item) {
             if (item < 2)
                 again->try_send(item + 10);
         }});
    again = tx;

    fill(tx, {1, 2});

    EXPECT_EQ(take_all(rx), (ints{11}));
    again.reset();
}

TEST_F(overflow_test, a_policy_that_drops_needs_no_hook) {
    auto [tx, rx] =
        make_channel<int>(ctx.get_executor(), {.capacity = 1, .overflow = overflow::drop_oldest});

    fill(tx, {1, 2});

    EXPECT_EQ(take_all(rx), (ints{2}));
}

TEST_F(overflow_test, capacity_0_with_drop_oldest_is_refused_by_name) {
    try {
        auto ends = channel(0, overflow::drop_oldest);
        FAIL() << "did not throw";
    } catch (const std::invalid_argument& e) {
        EXPECT_NE(std::string(e.what()).find("capacity"), std::string::npos) << e.what();
    }
}

TEST_F(overflow_test, a_rendezvous_that_drops_or_fails_never_waits) {
    {
        auto [tx, rx] = channel(0, overflow::drop_newest);
        EXPECT_TRUE(tx.try_send(1));
        EXPECT_EQ(undelivered, (ints{1}));
        received<int> got;
        rx.async_next(into(got));
        run();
        fill(tx, {2});
        run();
        EXPECT_EQ(got.item, 2);
    }
    auto [tx, rx] = channel(0, overflow::fail);
    code sent;
    tx.async_send(1, into(sent));
    run();
    EXPECT_EQ(sent, errc::full);
}

} // namespace
} // namespace streamx::testing
