#include <streamx/channels/broadcast.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <boost/asio/error.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>

// The weaknesses of the Python seed, by the numbers of the list that they were written down in.

namespace streamx::testing {
namespace {

using broadcast_test = broadcast_fixture;

TEST_F(broadcast_test, every_subscriber_gets_every_item_in_order) {
    auto one = b.subscribe();
    auto two = b.subscribe();
    ints first, second;
    for (int item : {1, 2, 3}) {
        received<int> a, c;
        ask(one, a);
        EXPECT_FALSE(b.try_put(item)) << "before both have asked";
        ask(two, c);
        EXPECT_TRUE(b.try_put(item));
        run();
        first.push_back(a.item.value());
        second.push_back(c.item.value());
    }

    EXPECT_EQ(first, (ints{1, 2, 3}));
    EXPECT_EQ(second, first);
}

TEST_F(broadcast_test, row_24_a_put_completes_when_the_last_has_asked) {
    auto one = b.subscribe();
    auto two = b.subscribe();
    received<int> a, c;
    code sent;

    ask(one, a);
    b.async_put(7, into(sent));
    run();
    EXPECT_FALSE(sent);
    EXPECT_FALSE(a.done) << "no item is seen before it is accepted";
    ask(two, c);

    EXPECT_EQ(sent, success);
    EXPECT_EQ(a.item, 7);
    EXPECT_EQ(c.item, 7);
}

TEST_F(broadcast_test, row_24_the_end_of_an_item_tells_that_all_have_processed_it) {
    using item = std::shared_ptr<const int>;
    broadcast<item> shared(ctx.get_executor());
    bool processed = false;
    auto one = shared.subscribe(), two = shared.subscribe();
    received<item> a, c;
    one.async_next(into(a));
    two.async_next(into(c));
    run();
    EXPECT_TRUE(shared.try_put(item(new int(7), [&](const int* p) {
        processed = true;
        delete p;
    })));
    run();
    EXPECT_EQ(**a.item, 7);

    a.item.reset();
    EXPECT_FALSE(processed) << "the other works on it, and the broadcast has let go of it";
    c.item.reset();

    EXPECT_TRUE(processed);
}

TEST_F(broadcast_test, who_tries_asks_for_as_long_as_that) {
    auto one = b.subscribe();
    auto two = b.subscribe();
    received<int> a;
    code sent;
    b.async_put(1, into(sent));

    EXPECT_TRUE(two.try_next().is_pending()) << "the other does not ask";
    ask(one, a);
    EXPECT_FALSE(sent) << "the try is over";
    EXPECT_EQ(take_one(two), 1);
    run();

    EXPECT_EQ(a.item, 1);
    EXPECT_EQ(sent, success);
}

TEST_F(broadcast_test, row_6_8_a_put_waits_for_the_first_subscriber) {
    code first, second;
    b.async_put(1, into(first));
    b.async_put(2, into(second));
    run();
    EXPECT_FALSE(first);
    EXPECT_FALSE(b.try_put(3));

    auto s = b.subscribe();
    received<int> got;
    ask(s, got);
    EXPECT_EQ(got.item, 1);
    EXPECT_EQ(first, success);
    EXPECT_FALSE(second);
    ask(s, got);

    EXPECT_EQ(got.item, 2);
    EXPECT_EQ(second, success);
}

TEST_F(broadcast_test, row_7_9_a_newcomer_gets_what_is_put_after_it_came) {
    auto early = b.subscribe({.capacity = 8});
    put_all(b, {1, 2});
    auto late = b.subscribe({.capacity = 8});
    put_all(b, {3});

    EXPECT_EQ(take_all(early), (ints{1, 2, 3}));
    EXPECT_EQ(take_all(late), (ints{3}));
}

TEST_F(broadcast_test, row_11_a_put_that_waits_is_after_a_join) {
    auto slow = b.subscribe();
    code sent;
    b.async_put(1, into(sent));
    run();
    auto newcomer = b.subscribe();

    EXPECT_TRUE(slow.try_next().is_pending()) << "the newcomer is waited for";
    received<int> got;
    ask(newcomer, got);
    EXPECT_EQ(take_one(slow), 1);
    run();
    EXPECT_EQ(got.item, 1);
    EXPECT_EQ(sent, success);
}

TEST_F(broadcast_test, row_12_13_concurrent_puts_queue_first_come_first_served) {
    auto one = b.subscribe();
    auto two = b.subscribe({.capacity = 8});
    code sent[4];
    for (int n = 0; n != 4; ++n)
        b.async_put(n, into(sent[n]));

    for (int n = 0; n != 4; ++n) {
        received<int> got;
        ask(one, got);
        EXPECT_EQ(got.item, n);
        EXPECT_EQ(sent[n], success);
        EXPECT_FALSE(n < 3 && sent[n + 1]);
    }
    EXPECT_EQ(take_all(two), (ints{0, 1, 2, 3}));
}

TEST_F(broadcast_test, row_14_a_cancelled_put_leaves_no_trace) {
    auto s = b.subscribe();
    int mine = 1;
    asio::cancellation_signal stop_first, stop_second;
    code lent, given, third;
    b.async_put(std::ref(mine), into(lent, stop_first));
    b.async_put(2, into(given, stop_second));
    b.async_put(3, into(third));
    stop_first.emit(asio::cancellation_type::partial);
    stop_second.emit(asio::cancellation_type::terminal);
    run();

    EXPECT_EQ(lent, asio::error::operation_aborted);
    EXPECT_EQ(given, asio::error::operation_aborted);
    EXPECT_EQ(mine, 1);
    EXPECT_EQ(undelivered, (ints{2}));
    EXPECT_EQ(take_one(s), 3);
    run();
    EXPECT_EQ(third, success);
}

TEST_F(broadcast_test, row_14_a_put_that_was_accepted_is_not_cancelled_any_more) {
    auto s = b.subscribe();
    asio::cancellation_signal stop;
    code sent;
    b.async_put(1, into(sent, stop));
    EXPECT_EQ(take_one(s), 1);

    stop.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(sent, success);
    EXPECT_TRUE(undelivered.empty());
}

TEST_F(broadcast_test, row_21_no_item_is_taken_for_the_end) {
    broadcast<std::optional<int>> values(ctx.get_executor());
    auto s = values.subscribe({.capacity = 2});
    ASSERT_TRUE(values.try_put(std::optional<int>()));
    ASSERT_TRUE(values.try_put(1));
    values.close();

    auto empty = s.try_next();
    ASSERT_FALSE(empty.is_end());
    EXPECT_FALSE((*empty).has_value());
    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_TRUE(s.try_next().is_end());
}

TEST_F(broadcast_test, row_22_a_second_pull_is_refused) {
    auto s = b.subscribe();
    received<int> first, second;
    code wait;
    ask(s, first);
    ask(s, second);
    s.async_wait(into(wait));
    run();

    EXPECT_EQ(second.ec(), errc::operation_in_progress);
    EXPECT_EQ(wait, errc::operation_in_progress);
    b.try_put(1);
    run();
    EXPECT_EQ(first.item, 1);
}

TEST_F(broadcast_test, row_22_who_was_refused_cannot_cancel_who_waits) {
    auto s = b.subscribe();
    code waited;
    received<int> refused;
    asio::cancellation_signal signal;
    s.async_wait(into(waited));
    s.async_next(into(refused, signal));
    ctx.poll_one(); // it has been refused, and is to hear of it
    signal.emit(asio::cancellation_type::terminal);
    run();
    EXPECT_EQ(refused.ec(), errc::operation_in_progress);

    EXPECT_FALSE(waited);
    EXPECT_EQ(put(1), success) << "it does not ask any more";
    EXPECT_EQ(waited, success);
}

TEST_F(broadcast_test, row_26_items_are_stored_once_and_copied_once_for_each_but_the_last) {
    struct counted {
        int* copies;
        counted(int* c) : copies(c) {}
        counted(const counted& other) : copies(other.copies) { ++*copies; }
        counted(counted&&) = default;
        counted& operator=(counted&&) = default;
    };
    int copies = 0;
    broadcast<counted> items(ctx.get_executor());
    auto one = items.subscribe({.capacity = 9});
    auto two = items.subscribe({.capacity = 9});
    auto three = items.subscribe({.capacity = 9});
    for (int n = 0; n != 9; ++n)
        items.try_put(counted(&copies));
    EXPECT_EQ(copies, 0) << "while it grew";

    for (auto* s : {&one, &two, &three})
        EXPECT_EQ(take_all(*s).size(), 9u);

    EXPECT_EQ(copies, 18);
}

TEST_F(broadcast_test, waits_for_a_number_of_subscribers) {
    code two, one, cancelled;
    asio::cancellation_signal stop;
    b.async_wait_subscribers(2, into(two));
    b.async_wait_subscribers(2, into(cancelled, stop));
    auto s = b.subscribe();
    b.async_wait_subscribers(1, into(one));
    stop.emit(asio::cancellation_type::total);
    run();
    EXPECT_EQ(one, success);
    EXPECT_EQ(cancelled, asio::error::operation_aborted);
    EXPECT_FALSE(two);

    auto t = b.subscribe();
    run();
    EXPECT_EQ(two, success);
    EXPECT_THROW(b.async_wait_subscribers(0, into(two)), std::invalid_argument);
}

} // namespace
} // namespace streamx::testing
