#include <streamx/channels/sender.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct sender_test : channel_test {};

TEST_F(sender_test, never_completes_inside_the_call) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    code sent;

    tx.async_send(1, into(sent));

    EXPECT_FALSE(sent);
    EXPECT_EQ(rx.size(), 1u) << "there was room, so the item is in";
    run();
    EXPECT_EQ(sent, success);
}

TEST_F(sender_test, completes_several_outstanding_sends_in_order) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    ints completed;
    for (int item = 0; item < 10; ++item)
        tx.async_send(item, [&completed, item](error_code ec) {
            EXPECT_FALSE(ec);
            completed.push_back(item);
        });
    run();
    ASSERT_EQ(completed, (ints{0}));

    ints got;
    while (auto item = rx.try_next()) {
        got.push_back(*item);
        run();
    }

    EXPECT_EQ(got, (ints{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_EQ(completed, got);
}

TEST_F(sender_test, parked_sends_of_two_senders_complete_in_the_order_they_came) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto other = tx;
    fill(tx, {0});
    code results[4];
    tx.async_send(1, into(results[0]));
    other.async_send(2, into(results[1]));
    tx.async_send(3, into(results[2]));
    other.async_send(4, into(results[3]));

    EXPECT_EQ(take_all(rx), (ints{0, 1, 2, 3, 4}));
}

TEST_F(sender_test, a_parked_send_is_overtaken_neither_by_a_try_send_nor_by_another_sender) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto other = tx;
    fill(tx, {1});
    code parked, later;
    tx.async_send(2, into(parked));

    EXPECT_EQ(take_one(rx), 1);
    EXPECT_FALSE(tx.try_send(90));
    EXPECT_FALSE(other.try_send(91));
    other.async_send(3, into(later));
    run();

    EXPECT_EQ(parked, success);
    EXPECT_FALSE(later);
    EXPECT_EQ(take_all(rx), (ints{2, 3}));
}

TEST_F(sender_test, a_cancelled_send_gives_the_item_back_and_takes_no_room) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        auto [tx, rx] = make_channel<std::unique_ptr<int>>(ctx.get_executor(), 1);
        ASSERT_TRUE(tx.try_send(std::make_unique<int>(1)));
        auto mine = std::make_unique<int>(2);
        asio::cancellation_signal cancel;
        code cancelled, behind;
        tx.async_send(std::ref(mine), into(cancelled, cancel));
        tx.async_send(std::make_unique<int>(3), into(behind));

        cancel.emit(how);
        run();

        EXPECT_EQ(cancelled, asio::error::operation_aborted);
        ASSERT_NE(mine, nullptr);
        EXPECT_EQ(*mine, 2);
        EXPECT_FALSE(behind);
        EXPECT_EQ(**take_one(rx), 1);
        EXPECT_EQ(**take_one(rx), 3);
        run();
        EXPECT_EQ(behind, success);
        cancel.emit(how); // finds nothing
    }
}

TEST_F(sender_test, a_cancelled_send_by_value_hands_its_item_to_the_hook) {
    std::vector<int> undelivered;
    auto [tx, rx] = make_channel<int>(
        ctx.get_executor(),
        {.capacity = 1, .on_undelivered = [&](int&& item) { undelivered.push_back(item); }});
    fill(tx, {1});
    asio::cancellation_signal cancel;
    code cancelled;
    tx.async_send(2, into(cancelled, cancel));

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(cancelled, asio::error::operation_aborted);
    EXPECT_EQ(undelivered, (ints{2}));
    EXPECT_EQ(take_all(rx), (ints{1}));
}

TEST_F(sender_test, a_send_whose_item_is_in_the_channel_can_no_longer_be_cancelled) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    int mine = 2;
    asio::cancellation_signal cancel;
    code sent;
    tx.async_send(std::ref(mine), into(sent, cancel));
    ASSERT_EQ(take_one(rx), 1); // moves the second in

    cancel.emit(asio::cancellation_type::terminal);
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(take_all(rx), (ints{2}));
}

TEST_F(sender_test, destroyed_while_it_waits_its_operations_are_aborted) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    std::optional tx(ends.tx);
    fill(*tx, {1});
    int mine = 2;
    code send, wait, closed;
    bool got_permit = true;
    tx->async_send(std::ref(mine), into(send));
    tx->async_wait(into(wait));
    tx->async_wait_closed(into(closed));
    code reserve;
    tx->async_reserve([&](error_code ec, permit<int> p) {
        reserve = ec;
        got_permit = bool(p);
    });

    tx.reset();
    run();

    EXPECT_EQ(send, asio::error::operation_aborted);
    EXPECT_EQ(wait, asio::error::operation_aborted);
    EXPECT_EQ(closed, asio::error::operation_aborted);
    EXPECT_EQ(reserve, asio::error::operation_aborted);
    EXPECT_FALSE(got_permit);
    EXPECT_EQ(mine, 2);
    EXPECT_EQ(take_all(ends.rx), (ints{1}));
    EXPECT_TRUE(ends.tx.is_open());
}

TEST_F(sender_test, destroying_one_lets_the_sends_behind_it_go_on) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    std::optional tx(ends.tx);
    fill(*tx, {1});
    code aborted, behind;
    tx->async_send(2, into(aborted));
    ends.tx.async_send(3, into(behind));

    tx.reset();
    EXPECT_EQ(take_all(ends.rx), (ints{1, 3}));
    run();

    EXPECT_EQ(aborted, asio::error::operation_aborted);
    EXPECT_EQ(behind, success);
}

TEST_F(sender_test, moved_while_it_waits_its_operations_go_on) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    fill(ends.tx, {1});
    code sent;
    ends.tx.async_send(2, into(sent));

    auto moved = std::move(ends.tx);
    EXPECT_EQ(take_one(ends.rx), 1);
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(take_one(ends.rx), 2);
}

TEST_F(sender_test, assigned_over_it_gives_up_its_old_channel) {
    auto first = make_channel<int>(ctx.get_executor(), 1);
    auto second = make_channel<int>(ctx.get_executor(), 1);

    first.tx = second.tx;

    EXPECT_TRUE(first.rx.try_next().is_end());
    EXPECT_TRUE(first.tx.try_send(1));
    EXPECT_EQ(take_one(second.rx), 1);
}

TEST_F(sender_test, send_for_coroutines_waits_for_room_and_throws_what_went_wrong) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    int sent = 0;
    std::exception_ptr failure;
    auto producer = [&]() -> asio::awaitable<void> {
        for (;; ++sent)
            co_await tx.send(sent);
    };
    asio::co_spawn(ctx, producer, [&](std::exception_ptr e) { failure = e; });
    run();
    ASSERT_EQ(sent, 2);

    EXPECT_EQ(take_one(rx), 0);
    run();
    EXPECT_EQ(sent, 3);
    rx.close();
    run();

    EXPECT_EQ(to_error_code(failure), errc::closed);
    EXPECT_EQ(take_all(rx), (ints{1, 2}));
}

TEST_F(sender_test, one_that_has_had_its_turn_does_not_overtake_itself) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    EXPECT_TRUE(tx.try_send(0));
    tx.async_wait([&](error_code) {
        EXPECT_TRUE(tx.try_send(1));
        tx.async_send(2, [](error_code) {});
        EXPECT_EQ(take_one(rx), 1);
        tx.async_send(3, [](error_code) {});
    });
    EXPECT_EQ(take_one(rx), 0);
    run();
    for (const int item : {2, 3}) {
        EXPECT_EQ(take_one(rx), item);
        run();
    }
}

TEST_F(sender_test, send_for_coroutines_lets_others_run_though_there_is_always_room) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 100'000);
    int sent = 0;
    int when_the_other_ran = 0;
    auto producer = [&]() -> asio::awaitable<void> {
        for (; sent < 50'000; ++sent)
            co_await tx.send(sent);
    };
    asio::co_spawn(ctx, producer, asio::detached);
    asio::post(ctx, [&] { when_the_other_ran = sent; });
    run();

    EXPECT_EQ(sent, 50'000);
    EXPECT_LT(when_the_other_ran, 5'000);
}

} // namespace
} // namespace streamx::testing
