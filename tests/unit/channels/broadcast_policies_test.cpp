#include <streamx/channels/subscription.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <streamx/terminals/async_for_each.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/detached.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>

namespace streamx::testing {
namespace {

struct broadcast_policies_test : channel_test {
    broadcast<int> b{ctx.get_executor()};
};

TEST_F(broadcast_policies_test, a_hook_may_wait_anew_while_others_are_woken) {
    auto first = b.subscribe({.capacity = 2});
    auto second = b.subscribe({.capacity = 2});
    code waited, again, of_second;
    auto loses = b.subscribe(
        {.overflow = overflow::drop_oldest, .capacity = 1, .on_undelivered = [&](int&&) {
             if (first.try_next())
                 first.async_wait(into(again));
         }});
    put_all(b, {0});
    ASSERT_EQ(take_one(first), 0);
    ASSERT_EQ(take_one(second), 0);
    first.async_wait(into(waited));
    second.async_wait(into(of_second));

    put_all(b, {1});
    run();

    EXPECT_EQ(waited, success);
    EXPECT_EQ(of_second, success) << "it was forgotten";
    EXPECT_FALSE(again);
    put_all(b, {2});
    run();
    EXPECT_EQ(again, success);
}

TEST_F(broadcast_policies_test, wait_holds_the_producer_back_at_its_capacity) {
    auto fast = b.subscribe({.capacity = 9});
    auto slow = b.subscribe({.capacity = 2, .name = "slow"});
    put_all(b, {1, 2});
    code sent;
    b.async_put(3, into(sent));
    run();

    EXPECT_FALSE(sent);
    EXPECT_EQ(b.stats().held_back_by, "slow");
    EXPECT_EQ(take_all(fast), (ints{1, 2}));
    EXPECT_EQ(take_one(slow), 1);
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(take_all(slow), (ints{2, 3}));
    EXPECT_EQ(take_all(fast), (ints{3}));
    EXPECT_EQ(b.stats().times_blocked, 1u);
}

TEST_F(broadcast_policies_test, drop_oldest_keeps_the_newest_and_counts_the_rest) {
    auto lossy = b.subscribe({.overflow = overflow::drop_oldest, .capacity = 4});
    auto all = b.subscribe({.capacity = 100});
    for (int n = 1; n <= 50; ++n)
        EXPECT_TRUE(b.try_put(n));

    EXPECT_EQ(lossy.lag(), 4u);
    EXPECT_EQ(lossy.missed(), 46u);
    EXPECT_EQ(b.stats().dropped, 46u);
    EXPECT_EQ(take_all(lossy), (ints{47, 48, 49, 50}));
    EXPECT_EQ(lossy.missed(), 46u) << "counted once";
    EXPECT_EQ(b.stats().dropped, 46u);
    EXPECT_EQ(take_all(all).size(), 50u);
    EXPECT_FALSE(collect(ctx, lossy).ended) << "lag is no end";
}

TEST_F(broadcast_policies_test, drop_oldest_hands_each_dropped_item_to_its_hook) {
    ints dropped;
    auto lossy = b.subscribe(
        {.overflow = overflow::drop_oldest, .capacity = 2, .on_undelivered = [&](int&& item) {
             dropped.push_back(item);
         }});
    auto all = b.subscribe({.capacity = 9});
    put_all(b, {1, 2, 3, 4});

    EXPECT_EQ(dropped, (ints{1, 2}));
    EXPECT_EQ(take_all(lossy), (ints{3, 4}));
    EXPECT_EQ(take_all(all), (ints{1, 2, 3, 4}));
    EXPECT_EQ(lossy.missed(), 2u);
}

TEST_F(broadcast_policies_test, drop_newest_keeps_what_it_has) {
    ints dropped;
    auto lossy = b.subscribe(
        {.overflow = overflow::drop_newest, .capacity = 2, .on_undelivered = [&](int&& item) {
             dropped.push_back(item);
         }});
    put_all(b, {1, 2, 3});
    EXPECT_EQ(take_one(lossy), 1);
    put_all(b, {4, 5});

    EXPECT_EQ(lossy.lag(), 2u);
    EXPECT_EQ(take_all(lossy), (ints{2, 4}));
    EXPECT_EQ(dropped, (ints{3, 5}));
    EXPECT_EQ(lossy.missed(), 2u);
}

TEST_F(broadcast_policies_test, fail_fails_the_late_subscriber_and_no_other) {
    auto strict = b.subscribe({.overflow = overflow::fail, .capacity = 2});
    auto all = b.subscribe({.capacity = 9});
    put_all(b, {1, 2, 3});

    EXPECT_EQ(b.subscriber_count(), 1u);
    EXPECT_EQ(strict.missed(), 3u);
    auto got = collect(ctx, strict);
    EXPECT_TRUE(got.items.empty());
    EXPECT_EQ(got.ec, errc::full);
    EXPECT_TRUE(collect(ctx, strict).ended);
    EXPECT_EQ(take_all(all), (ints{1, 2, 3}));
}

TEST_F(broadcast_policies_test, disconnect_ends_the_late_subscriber_and_no_other) {
    ints left;
    auto strict = b.subscribe(
        {.overflow = overflow::disconnect, .capacity = 1, .on_undelivered = [&](int&& item) {
             left.push_back(item);
         }});
    auto all = b.subscribe({.capacity = 9});
    put_all(b, {1, 2});

    EXPECT_TRUE(strict.try_next().is_end());
    EXPECT_EQ(left, (ints{1, 2}));
    EXPECT_EQ(strict.lag(), 0u);
    EXPECT_EQ(take_all(all), (ints{1, 2}));
}

TEST_F(broadcast_policies_test, who_keeps_up_is_never_cut_off) {
    auto strict = b.subscribe({.overflow = overflow::disconnect, .capacity = 2});
    for (int n = 0; n != 10; ++n) {
        put_all(b, {n, -n});
        EXPECT_EQ(take_all(strict), (ints{n, -n}));
    }
    EXPECT_EQ(strict.missed(), 0u);
}

TEST_F(broadcast_policies_test, a_put_that_has_to_wait_costs_nobody_anything) {
    auto slow = b.subscribe({.capacity = 1});
    auto strict = b.subscribe({.overflow = overflow::disconnect, .capacity = 1});
    auto lossy = b.subscribe({.overflow = overflow::drop_newest, .capacity = 1});
    put_all(b, {1});

    EXPECT_FALSE(b.try_put(2));

    EXPECT_EQ(b.subscriber_count(), 3u);
    EXPECT_EQ(take_all(strict), (ints{1}));
    EXPECT_EQ(take_all(lossy), (ints{1}));
    EXPECT_EQ(lossy.missed(), 0u);
}

TEST_F(broadcast_policies_test, a_capacity_that_makes_no_sense_is_refused) {
    for (auto policy :
         {overflow::drop_oldest, overflow::drop_newest, overflow::fail, overflow::disconnect})
        EXPECT_THROW((void)b.subscribe({.overflow = policy}), std::invalid_argument);
    EXPECT_EQ(b.subscriber_count(), 0u);
    EXPECT_THROW(
        (void)make_channel<int>(
            ctx.get_executor(), {.capacity = 1, .overflow = overflow::disconnect}),
        std::invalid_argument);
}

TEST_F(broadcast_policies_test, the_largest_capacity_takes_only_the_memory_that_it_needs) {
    auto s = b.subscribe({.capacity = std::numeric_limits<std::size_t>::max()});
    for (int n = 0; n != 1000; ++n)
        EXPECT_TRUE(b.try_put(n));

    EXPECT_EQ(take_all(s).size(), 1000u);
}

TEST_F(broadcast_policies_test, replay_begins_with_what_is_retained) {
    broadcast<int> retaining(ctx.get_executor(), {.retain = 3});
    auto first = retaining.subscribe({.capacity = 9});
    put_all(retaining, {1, 2, 3, 4, 5});
    EXPECT_EQ(take_all(first).size(), 5u);

    auto from_now = retaining.subscribe({.capacity = 9});
    auto two = retaining.subscribe({.capacity = 9, .replay = 2});
    auto many = retaining.subscribe({.capacity = 9, .replay = 100});
    put_all(retaining, {6});

    EXPECT_EQ(take_all(from_now), (ints{6}));
    EXPECT_EQ(take_all(two), (ints{4, 5, 6}));
    EXPECT_EQ(take_all(many), (ints{3, 4, 5, 6}));
    retaining.close();
    auto late = retaining.subscribe({.replay = 2});
    EXPECT_EQ(collect(ctx, late).items, (ints{5, 6}));
}

TEST_F(broadcast_policies_test, what_is_retained_no_longer_goes_at_once) {
    broadcast<std::shared_ptr<int>> retaining(ctx.get_executor(), {.retain = 1});
    auto s = retaining.subscribe({.capacity = 4});
    std::weak_ptr<int> first, second;
    {
        auto a = std::make_shared<int>(1), c = std::make_shared<int>(2);
        first = a;
        second = c;
        retaining.try_put(std::move(a));
        retaining.try_put(std::move(c));
    }
    EXPECT_FALSE(first.expired());
    (void)take_all(s);

    EXPECT_TRUE(first.expired());
    EXPECT_FALSE(second.expired());
}

TEST_F(broadcast_policies_test, without_subscribers_it_can_discard) {
    ints dropped;
    broadcast<int> open(
        ctx.get_executor(),
        {.no_subscribers = no_subscribers::discard,
         .on_undelivered = [&](int&& item) { dropped.push_back(item); }});
    put_all(open, {1, 2});
    auto s = open.subscribe({.capacity = 4});
    put_all(open, {3});

    EXPECT_EQ(take_all(s), (ints{3}));
    EXPECT_EQ(dropped, (ints{1, 2}));
    EXPECT_EQ(open.stats().discarded, 2u);
    EXPECT_EQ(open.stats().put, 3u);
}

TEST_F(broadcast_policies_test, without_subscribers_it_can_fail) {
    broadcast<int> open(ctx.get_executor(), {.no_subscribers = no_subscribers::fail});
    code none, waits;
    open.async_put(1, into(none));
    run();
    EXPECT_EQ(none, errc::no_subscribers);

    auto s = std::make_unique<subscription<int>>(open.subscribe());
    open.async_put(2, into(waits));
    run();
    EXPECT_FALSE(waits);
    s.reset();
    run();
    EXPECT_EQ(waits, errc::no_subscribers);
}

TEST_F(broadcast_policies_test, without_subscribers_it_can_buffer_for_the_next) {
    broadcast<int> open(ctx.get_executor(), {.no_subscribers = no_subscribers::buffer(2)});
    put_all(open, {1, 2});
    code sent;
    open.async_put(3, into(sent));
    run();
    EXPECT_FALSE(sent);

    std::optional s(open.subscribe({.capacity = 1}));
    auto second = open.subscribe({.capacity = 1});
    EXPECT_EQ(take_one(*s), 1);
    EXPECT_EQ(take_one(*s), 2);
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(take_all(*s), (ints{3}));
    EXPECT_EQ(take_all(second), (ints{3}));
    s.reset();
    {
        auto gone = std::move(second);
    }
    put_all(open, {4, 5});
    EXPECT_FALSE(open.try_put(6));
    open.close();
    EXPECT_EQ(collect(ctx, open.subscribe()).items, (ints{4, 5})) << "also after the close";
    EXPECT_THROW(no_subscribers::buffer(0), std::invalid_argument);
}

/// Counts the copies that are made of it.
struct copied {
    int* copies;
    explicit copied(int& c) : copies(&c) {}
    copied(const copied& other) : copies(other.copies) { ++*copies; }
    copied(copied&&) = default;
    copied& operator=(copied&&) = default;
};

TEST_F(broadcast_policies_test, an_item_that_stays_its_owners_is_copied_once_for_each_delivery) {
    for (std::size_t capacity : {0, 1, 8, 200}) {
        SCOPED_TRACE(capacity);
        int copies = 0, delivered = 0;
        broadcast<copied> items(ctx.get_executor());
        for (int n = 0; n != 3; ++n)
            async_for_each(
                items.subscribe({.capacity = capacity}),
                [&](copied) { ++delivered; },
                asio::detached);
        const copied mine(copies);
        for (int n = 0; n != 100; ++n)
            items.async_put(mine, asio::detached);
        run();
        EXPECT_EQ(delivered, 300);
        EXPECT_EQ(copies, 300);
    }
}

TEST_F(broadcast_policies_test, of_an_item_behind_a_pointer_nobody_makes_a_copy) {
    int copies = 0, delivered = 0;
    broadcast<std::shared_ptr<const copied>> items(ctx.get_executor());
    for (int n = 0; n != 3; ++n)
        async_for_each(
            items.subscribe({.capacity = 16}),
            [&](const std::shared_ptr<const copied>&) { ++delivered; },
            asio::detached);
    std::weak_ptr<const copied> last;
    for (int n = 0; n != 100; ++n) {
        auto item = std::make_shared<const copied>(copies);
        last = item;
        items.async_put(std::move(item), asio::detached);
    }
    run();

    EXPECT_EQ(delivered, 300);
    EXPECT_EQ(copies, 0);
    EXPECT_TRUE(last.expired()) << "nothing holds on to what all have taken";
}

TEST_F(broadcast_policies_test, stats_count_what_was_done) {
    auto a = b.subscribe({.capacity = 4, .name = "a"});
    auto c = b.subscribe({.overflow = overflow::drop_oldest, .capacity = 1});
    put_all(b, {1, 2, 3});
    EXPECT_EQ(take_one(a), 1);
    EXPECT_EQ(take_one(c), 3);

    const auto s = b.stats();
    EXPECT_EQ(s.put, 3u);
    EXPECT_EQ(s.delivered, 2u);
    EXPECT_EQ(s.dropped, 2u);
    EXPECT_EQ(s.subscribers, 2u);
    EXPECT_EQ(a.stats().name, "a");
    EXPECT_EQ(a.stats().delivered, 1u);
    EXPECT_EQ(a.stats().lag, 2u);
}

TEST_F(broadcast_policies_test, who_begins_with_what_is_retained_loses_none_of_it) {
    broadcast<int> items(
        ctx.get_executor(), {.no_subscribers = no_subscribers::discard, .retain = 3});
    for (int item = 0; item != 10; ++item)
        EXPECT_TRUE(items.try_put(item));
    auto s = items.subscribe({.capacity = 5, .replay = 3});
    put_all(items, {10, 11});

    EXPECT_EQ(take_all(s), (ints{7, 8, 9, 10, 11}));
}

TEST_F(broadcast_policies_test, what_was_kept_for_one_that_never_came_is_undelivered) {
    ints undelivered;
    {
        broadcast<int> items(
            ctx.get_executor(),
            {.no_subscribers = no_subscribers::buffer(3),
             .on_undelivered = [&](int&& item) { undelivered.push_back(item); }});
        {
            auto before = items.subscribe({.capacity = 9});
            put_all(items, {1});
        }
        put_all(items, {2, 3});
        items.close();
        EXPECT_EQ(undelivered, ints{}) << "somebody may still come";
    }
    EXPECT_EQ(undelivered, (ints{2, 3}));
}

TEST_F(broadcast_policies_test, who_begins_with_what_was_kept_for_the_first_loses_none_of_it) {
    broadcast<int> items(ctx.get_executor(), {.no_subscribers = no_subscribers::buffer(3)});
    {
        auto before = items.subscribe({.capacity = 1});
        for (int item = 0; item != 6; ++item) {
            EXPECT_TRUE(items.try_put(item));
            EXPECT_EQ(take_one(before), item);
        }
    }
    put_all(items, {6, 7, 8});
    auto s = items.subscribe({.capacity = 9});
    put_all(items, {9, 10, 11, 12, 13, 14});

    EXPECT_EQ(take_all(s), (ints{6, 7, 8, 9, 10, 11, 12, 13, 14}));
}

} // namespace
} // namespace streamx::testing
