#include <streamx/channels/broadcast.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <streamx/testing/collect.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <stdexcept>

// The weaknesses of the Python seed, by the numbers of the list that they were written down in.

namespace streamx::testing {
namespace {

using broadcast_leaving_test = broadcast_fixture;

TEST_F(broadcast_leaving_test, row_1_2_10_who_leaves_holds_up_no_put_that_waits) {
    auto stays = b.subscribe();
    auto leaves = std::make_unique<subscription<int>>(b.subscribe());
    received<int> got;
    code sent;
    ask(stays, got);
    b.async_put(1, into(sent));
    run();
    ASSERT_FALSE(sent);

    leaves.reset();
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(got.item, 1);
    EXPECT_EQ(b.subscriber_count(), 1u);
}

TEST_F(broadcast_leaving_test, row_2_a_consumer_that_throws_has_left) {
    auto stays = b.subscribe();
    received<int> got;
    ask(stays, got);
    std::exception_ptr failure;
    asio::co_spawn(
        ctx,
        [](subscription<int> s) -> asio::awaitable<void> {
            while (co_await s.next())
                throw std::runtime_error("mine");
        }(b.subscribe()),
        [&](std::exception_ptr e) { failure = e; });
    EXPECT_FALSE(b.try_put(1)) << "it has not asked";
    run();
    EXPECT_TRUE(b.try_put(1));
    run();
    EXPECT_TRUE(failure);
    EXPECT_EQ(got.item, 1);

    ask(stays, got);
    EXPECT_EQ(put(2), success);
    EXPECT_EQ(got.item, 2);
}

TEST_F(broadcast_leaving_test, row_2_one_who_waited_in_a_context_that_is_gone_asks_no_more) {
    auto s = b.subscribe();
    auto dying = std::make_unique<asio::io_context>();
    received<int> never;
    s.async_next(asio::bind_executor(dying->get_executor(), into(never)));
    dying->poll();
    ASSERT_TRUE(b.try_put(1)) << "it does not ask";
    dying.reset(); // with the item on its way
    EXPECT_EQ(*s.try_next(), 1);

    dying = std::make_unique<asio::io_context>();
    s.async_next(asio::bind_executor(dying->get_executor(), into(never)));
    dying->poll();
    dying.reset(); // while it waits

    EXPECT_FALSE(b.try_put(2)) << "it still asks";
    EXPECT_FALSE(never.done);
    received<int> got;
    ask(s, got);
    EXPECT_EQ(put(3), success);
    EXPECT_EQ(got.item, 3);
}

TEST_F(broadcast_leaving_test, row_2_so_has_one_whose_stream_failed) {
    struct grumpy {
        grumpy() = default;
        grumpy(const grumpy&) { throw std::runtime_error("no copies"); }
        grumpy(grumpy&&) = default;
        grumpy& operator=(grumpy&&) = default;
    };
    broadcast<grumpy> items(ctx.get_executor());
    auto first = items.subscribe({.capacity = 1});
    auto last = items.subscribe({.capacity = 1});
    EXPECT_TRUE(items.try_put(grumpy()));

    EXPECT_EQ(collect(ctx, first).what, "no copies");
    EXPECT_EQ(items.subscriber_count(), 1u);
    EXPECT_EQ(first.lag(), 0u);
    EXPECT_EQ(collect(ctx, last).items.size(), 1u) << "the last one needs no copy";
    EXPECT_TRUE(items.try_put(grumpy()));
}

TEST_F(broadcast_leaving_test, row_1_what_it_had_not_taken_is_counted_and_handed_over) {
    ints left;
    auto leaves = std::make_unique<subscription<int>>(
        b.subscribe({.capacity = 4, .on_undelivered = [&](int&& item) { left.push_back(item); }}));
    auto stays = b.subscribe({.capacity = 4});
    put_all(b, {1, 2, 3});
    EXPECT_EQ(take_one(*leaves), 1);

    leaves.reset();

    EXPECT_EQ(left, (ints{2, 3}));
    EXPECT_EQ(b.stats().undelivered, 2u);
    EXPECT_EQ(take_all(stays), (ints{1, 2, 3}));
}

TEST_F(broadcast_leaving_test, row_3_siblings_of_one_who_left_go_on) {
    auto stays = b.subscribe();
    {
        auto leaves = b.subscribe();
    }
    for (int item : {1, 2}) {
        received<int> got;
        ask(stays, got);
        EXPECT_EQ(put(item), success);
        EXPECT_EQ(got.item, item);
    }
}

TEST_F(broadcast_leaving_test, row_4_and_25_one_who_does_not_ask_is_waited_for_and_named) {
    auto one = b.subscribe();
    auto idle = b.subscribe({.name = "idle"});
    received<int> got;
    code sent;
    ask(one, got);
    b.async_put(1, into(sent));
    run();

    EXPECT_FALSE(sent);
    EXPECT_TRUE(b.stats().held_back);
    EXPECT_EQ(b.stats().held_back_by, "idle");
    EXPECT_EQ(b.stats().puts_waiting, 1u);
    EXPECT_EQ(take_one(idle), 1);
    EXPECT_FALSE(b.stats().held_back);
}

TEST_F(broadcast_leaving_test, row_25_stats_say_that_there_is_no_subscriber) {
    code sent;
    b.async_put(1, into(sent));
    run();

    EXPECT_TRUE(b.stats().held_back);
    EXPECT_EQ(b.stats().held_back_by, "nobody: there is no subscriber");
    auto s = b.subscribe();
    EXPECT_EQ(take_one(s), 1);
    EXPECT_FALSE(b.stats().held_back);
}

TEST_F(broadcast_leaving_test, row_5_a_cancelled_pull_touches_one_subscriber_and_loses_nothing) {
    auto one = b.subscribe();
    auto two = b.subscribe();
    received<int> a, c;
    asio::cancellation_signal stop;
    ask(one, a, stop);
    ask(two, c);

    stop.emit(asio::cancellation_type::total);
    run();
    EXPECT_EQ(a.ec(), asio::error::operation_aborted);
    EXPECT_FALSE(c.done);
    EXPECT_FALSE(b.try_put(1)) << "it asks no more";
    ask(one, a);
    EXPECT_TRUE(b.try_put(1));
    run();

    EXPECT_EQ(a.item, 1);
    EXPECT_EQ(c.item, 1);
}

} // namespace
} // namespace streamx::testing
