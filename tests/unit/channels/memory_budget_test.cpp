#include <streamx/channels/memory_budget.hpp> // first, so this file also proves the header stands alone

#include "memory_budget_support.hpp"

#include <streamx/terminals/forward_to.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

TEST_F(memory_budget_test, is_shared_by_channels_and_counts_what_is_in_them) {
    auto a = channel();
    auto b = channel();
    EXPECT_TRUE(a.tx.try_send(4));
    EXPECT_TRUE(b.tx.try_send(5));

    EXPECT_EQ(budget.used(), 9u);
    EXPECT_FALSE(a.tx.try_send(2)) << "full";
    EXPECT_TRUE(a.tx.is_open());
    EXPECT_TRUE(a.tx.try_send(1));
    EXPECT_EQ(take_one(b.rx), 5);
    EXPECT_EQ(budget.used(), 5u);
    EXPECT_TRUE(a.tx.try_send(5));
    EXPECT_EQ(take_all(a.rx), (ints{4, 1, 5}));
    EXPECT_EQ(budget.used(), 0u);
}

TEST_F(memory_budget_test, lets_a_sender_wait_until_another_channel_gives_room) {
    auto a = channel();
    auto b = channel();
    EXPECT_TRUE(a.tx.try_send(8));
    code sent;
    send(b.tx, 5, sent);
    EXPECT_FALSE(sent);
    EXPECT_EQ(budget.waiting(), 1u);

    EXPECT_EQ(take_one(a.rx), 8);
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(budget.used(), 5u);
    EXPECT_EQ(budget.waiting(), 0u);
    EXPECT_EQ(take_one(b.rx), 5);
}

TEST_F(memory_budget_test, serves_channels_first_come_first_served_and_lets_nobody_overtake) {
    auto a = channel();
    auto b = channel();
    auto c = channel();
    EXPECT_TRUE(a.tx.try_send(10));
    code big, small;
    send(b.tx, 9, big);
    send(c.tx, 1, small);
    code more;
    send(c.tx, 1, more);

    EXPECT_EQ(take_one(a.rx), 10);
    EXPECT_FALSE(a.tx.try_send(1)) << "before those who wait";
    run();

    EXPECT_EQ(big, success);
    EXPECT_EQ(small, success) << "9 and 1 have room";
    EXPECT_FALSE(more);
    EXPECT_FALSE(a.tx.try_send(1));
    EXPECT_EQ(take_one(c.rx), 1);
    run();
    EXPECT_EQ(more, success);
}

TEST_F(memory_budget_test, does_not_let_small_items_starve_a_big_one) {
    auto a = channel();
    auto b = channel();
    EXPECT_TRUE(a.tx.try_send(3));
    EXPECT_TRUE(a.tx.try_send(3));
    code big;
    send(b.tx, 10, big);
    for (int left : {1, 0}) {
        EXPECT_EQ(take_one(a.rx), 3);
        EXPECT_FALSE(a.tx.try_send(1));
        run();
        EXPECT_EQ(big.has_value(), left == 0);
    }
}

TEST_F(
    memory_budget_test, refuses_an_item_that_is_heavier_than_all_of_it_with_an_error_of_its_own) {
    auto [tx, rx] = channel();
    int item = 11;
    code sent, room;
    EXPECT_FALSE(tx.try_send(item));
    tx.async_wait(into(room));
    send(tx, item, sent);

    EXPECT_EQ(sent, errc::exceeds_budget);
    EXPECT_EQ(room, errc::exceeds_budget) << "no reason to try again and again";
    EXPECT_TRUE(tx.try_send(10)) << "and the channel goes on";
}

TEST_F(memory_budget_test, gives_a_too_heavy_item_back_to_the_hook_whatever_the_policy) {
    for (auto policy :
         {overflow::wait, overflow::drop_oldest, overflow::drop_newest, overflow::fail}) {
        ints undelivered;
        auto o = options(policy);
        o.on_undelivered = [&](int&& i) { undelivered.push_back(i); };
        auto [tx, rx] = make_channel<int>(ctx.get_executor(), std::move(o));
        code sent;
        send(tx, 11, sent);

        EXPECT_EQ(sent, errc::exceeds_budget);
        EXPECT_EQ(undelivered, ints{11});
    }
}

TEST_F(memory_budget_test, goes_with_each_overflow_policy) {
    auto holder = channel();
    EXPECT_TRUE(holder.tx.try_send(6));

    auto oldest = channel(overflow::drop_oldest);
    EXPECT_TRUE(oldest.tx.try_send(2));
    EXPECT_TRUE(oldest.tx.try_send(2));
    EXPECT_TRUE(oldest.tx.try_send(1));
    EXPECT_TRUE(oldest.tx.try_send(4)) << "one oldest item is not enough: it is dropped as well";
    EXPECT_EQ(oldest.tx.stats().dropped, 3u);
    EXPECT_EQ(budget.used(), 7u);
    EXPECT_EQ(take_all(oldest.rx), ints{1});

    auto newest = channel(overflow::drop_newest);
    EXPECT_TRUE(newest.tx.try_send(4));
    EXPECT_TRUE(newest.tx.try_send(1));
    EXPECT_EQ(newest.tx.stats().dropped, 1u);

    auto fails = channel(overflow::fail);
    code sent;
    send(fails.tx, 1, sent);
    EXPECT_EQ(sent, errc::full);
}

TEST_F(memory_budget_test, gets_back_what_is_in_a_channel_that_is_destroyed) {
    auto a = std::optional(channel());
    auto b = channel();
    EXPECT_TRUE(a->tx.try_send(6));
    EXPECT_TRUE(a->tx.try_send(4));
    code sent;
    send(b.tx, 7, sent);

    a.reset();
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(budget.used(), 7u);
}

TEST_F(memory_budget_test, forgets_a_sender_that_is_cancelled_or_closed_while_it_waits) {
    auto a = channel();
    auto b = channel();
    auto c = channel();
    auto d = channel();
    EXPECT_TRUE(a.tx.try_send(10));
    asio::cancellation_signal cancel;
    code cancelled, closed, sent;
    b.tx.async_send(9, into(cancelled, cancel));
    send(c.tx, 9, closed);
    send(d.tx, 3, sent);
    EXPECT_EQ(budget.waiting(), 3u);

    cancel.emit(asio::cancellation_type::total);
    c.rx.close();
    run();
    EXPECT_EQ(cancelled, asio::error::operation_aborted);
    EXPECT_EQ(closed, errc::closed);
    EXPECT_EQ(budget.waiting(), 1u);

    EXPECT_EQ(take_one(a.rx), 10);
    run();
    EXPECT_EQ(sent, success);
}

TEST_F(memory_budget_test, has_the_capacity_of_each_channel_beside_it) {
    auto a = channel(overflow::wait, 1);
    EXPECT_TRUE(a.tx.try_send(1));
    EXPECT_FALSE(a.tx.try_send(1));
    code sent;
    send(a.tx, 1, sent);
    EXPECT_EQ(budget.used(), 1u) << "who waits for a slot uses none of it";
    EXPECT_EQ(budget.waiting(), 0u);

    EXPECT_EQ(take_one(a.rx), 1);
    run();
    EXPECT_EQ(sent, success);
}

TEST_F(memory_budget_test, goes_with_a_rendezvous) {
    auto a = channel();
    auto b = channel(overflow::wait, 0);
    EXPECT_TRUE(a.tx.try_send(8));
    received<int> got;
    code sent;
    b.rx.async_next(into(got));
    send(b.tx, 5, sent);
    EXPECT_FALSE(sent);

    EXPECT_EQ(take_one(a.rx), 8);
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(got.item, 5);
    EXPECT_EQ(budget.used(), 0u);
}

TEST_F(memory_budget_test, wakes_who_waits_for_room_when_its_last_item_would_fit) {
    auto a = channel();
    auto b = channel();
    EXPECT_TRUE(a.tx.try_send(5));
    EXPECT_TRUE(a.tx.try_send(4));
    EXPECT_FALSE(b.tx.try_send(6));
    code room;
    b.tx.async_wait(into(room));
    run();
    EXPECT_FALSE(room);

    EXPECT_EQ(take_one(a.rx), 5);
    run();

    EXPECT_EQ(room, success);
    EXPECT_TRUE(b.tx.try_send(6));
    EXPECT_EQ(budget.used(), 10u);
}

TEST_F(memory_budget_test, does_not_keep_what_it_gave_to_one_who_does_not_use_it) {
    auto a = channel();
    auto b = channel();
    auto c = channel();
    EXPECT_TRUE(a.tx.try_send(10));
    EXPECT_FALSE(b.tx.try_send(6));
    code room, sent;
    b.tx.async_wait(into(room));
    run();
    send(c.tx, 6, sent);

    EXPECT_EQ(take_one(a.rx), 10);
    run();

    EXPECT_EQ(room, success) << "and it does not try";
    EXPECT_EQ(sent, success);
    EXPECT_EQ(budget.used(), 6u);
}

TEST_F(memory_budget_test, counts_a_permit_when_it_is_used) {
    auto a = channel();
    permit<int> p;
    a.tx.async_reserve([&](error_code, permit<int> got) { p = std::move(got); });
    run();
    EXPECT_TRUE(a.tx.try_send(8));

    EXPECT_TRUE(p.send(5)) << "it was promised";
    EXPECT_EQ(budget.used(), 13u);
    EXPECT_FALSE(a.tx.try_send(1));
    EXPECT_EQ(take_one(a.rx), 8);
    EXPECT_TRUE(a.tx.try_send(5));
}

TEST_F(memory_budget_test, carries_a_stream_through_that_is_larger_than_it) {
    auto a = channel();
    auto up = script_source<int>(ctx.get_executor());
    for (int i = 0; i != 50; ++i)
        up.item(1 + i % 10);
    forward_to(std::move(up), std::move(a.tx), asio::detached);

    EXPECT_EQ(collect(ctx, a.rx).items.size(), 50u);
    EXPECT_EQ(budget.used(), 0u);
}

TEST_F(memory_budget_test, weighs_containers_with_their_elements_if_nobody_says_otherwise) {
    EXPECT_EQ(weight_of(7), sizeof(int));
    EXPECT_EQ(weight_of(std::string("12345")), sizeof(std::string) + 5);
    EXPECT_EQ(weight_of(ints{1, 2}), sizeof(ints) + 2 * sizeof(int));

    auto [tx, rx] = make_channel<std::string>(
        ctx.get_executor(), {.capacity = 9, .budget = memory_budget(100)});
    EXPECT_TRUE(tx.try_send(std::string(60, 'x')));
    EXPECT_FALSE(tx.try_send(std::string()));
}

TEST_F(memory_budget_test, is_not_for_channels_of_one_strand_and_not_of_nothing) {
    EXPECT_THROW(
        static_cast<void>(make_local_channel<int>(ctx.get_executor(), options())),
        std::invalid_argument);
    EXPECT_THROW(memory_budget(0), std::invalid_argument);
}

asio::awaitable<void> send_all(sender<int> tx, int items) {
    for (int i = 0; i != items; ++i)
        co_await tx.send(1 + i % 7);
}

asio::awaitable<void> take_all_of(receiver<int> rx, std::size_t& count) {
    while (auto item = co_await rx.next())
        ++count;
}

TEST_F(memory_budget_test, loses_nothing_and_is_never_exceeded_on_two_threads) {
    constexpr int channels = 4, items = 3000;
    std::size_t counts[channels] = {};
    for (auto& count : counts) {
        auto [tx, rx] = channel();
        asio::co_spawn(asio::make_strand(ctx), send_all(std::move(tx), items), asio::detached);
        asio::co_spawn(asio::make_strand(ctx), take_all_of(std::move(rx), count), asio::detached);
    }
    std::size_t most = 0;
    std::jthread other([&] { ctx.run(); });
    while (ctx.run_one())
        most = std::max(most, budget.used());
    other.join();

    for (auto count : counts)
        EXPECT_EQ(count, std::size_t{items});
    EXPECT_LE(most, 10u);
    EXPECT_EQ(budget.used(), 0u);
}

} // namespace
} // namespace streamx::testing
