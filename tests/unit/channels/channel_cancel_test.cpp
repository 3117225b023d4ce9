#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <vector>

namespace streamx::testing {
namespace {

struct channel_cancel_test : channel_test {};

TEST_F(channel_cancel_test, a_cancelled_receive_loses_nothing_and_the_channel_goes_on) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
        asio::cancellation_signal cancel;
        received<int> cancelled, next;
        rx.async_next(into(cancelled, cancel));
        run();

        cancel.emit(how);
        run();
        EXPECT_EQ(cancelled.ec(), asio::error::operation_aborted);

        fill(tx, {1});
        rx.async_next(into(next));
        run();
        EXPECT_EQ(next.item, 1);
        cancel.emit(how); // finds nothing
    }
}

TEST_F(channel_cancel_test, a_receive_that_was_woken_and_then_cancelled_leaves_its_item) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    asio::cancellation_signal cancel;
    received<int> cancelled;
    rx.async_next(into(cancelled, cancel));
    run();

    fill(tx, {1}); // wakes it
    cancel.emit(asio::cancellation_type::total);
    run();

    ASSERT_TRUE(cancelled.done);
    EXPECT_EQ(cancelled.item ? cancelled.item : take_one(rx), 1);
}

TEST_F(
    channel_cancel_test, a_woken_receiver_that_is_cancelled_passes_the_item_to_the_one_behind_it) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    auto other = rx;
    asio::cancellation_signal cancel;
    received<int> cancelled, behind;
    rx.async_next(into(cancelled, cancel));
    other.async_next(into(behind));
    run();

    fill(tx, {1}); // wakes the first
    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(cancelled.item ? cancelled.item : behind.item, 1);
    EXPECT_NE(cancelled.item.has_value(), behind.item.has_value());
}

TEST_F(channel_cancel_test, a_wait_may_be_cancelled_and_begun_again_any_number_of_times) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    for (int n = 0; n < 100; ++n) {
        asio::cancellation_signal cancel;
        code waited;
        rx.async_wait(into(waited, cancel));
        cancel.emit(asio::cancellation_type::total);
        run();
        ASSERT_EQ(waited, asio::error::operation_aborted);
    }
    code waited;
    rx.async_wait(into(waited));
    run();
    EXPECT_FALSE(waited);
    fill(tx, {1});
    run();
    EXPECT_EQ(waited, success);
}

TEST_F(channel_cancel_test, a_signal_emitted_after_the_channel_is_gone_finds_nothing) {
    asio::cancellation_signal receive, send;
    code waited, sent;
    {
        auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
        fill(tx, {1});
        tx.async_send(2, into(sent, send));
        auto [tx2, rx2] = make_channel<int>(ctx.get_executor(), 1);
        rx2.async_wait(into(waited, receive));
    }
    receive.emit(asio::cancellation_type::total);
    send.emit(asio::cancellation_type::total);
    run();
    receive.emit(asio::cancellation_type::total);
    send.emit(asio::cancellation_type::total);

    EXPECT_TRUE(waited);
    EXPECT_TRUE(sent);
}

struct select_result {
    std::vector<int> from_a;
    std::vector<int> from_b;
};

asio::awaitable<void> select_loop(receiver<int> a, receiver<int> b, select_result& result) {
    using namespace asio::experimental::awaitable_operators;
    bool a_open = true;
    bool b_open = true;
    auto take = [](receiver<int>& rx, bool& open, std::vector<int>& items) {
        auto item = rx.try_next();
        if (item)
            items.push_back(*item);
        open = open && !item.is_end();
        return item.is_pending();
    };
    while (a_open || b_open) {
        const bool a_pending = a_open && take(a, a_open, result.from_a);
        const bool b_pending = b_open && take(b, b_open, result.from_b);
        if (a_pending && b_pending)
            co_await (a.async_wait(asio::use_awaitable) || b.async_wait(asio::use_awaitable));
        else if (a_pending && !b_open)
            co_await a.async_wait(asio::use_awaitable);
        else if (b_pending && !a_open)
            co_await b.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> produce_slowly(sender<int> tx, int from, int step) {
    for (int item = from; item < 2000; item += 2) {
        co_await tx.send(item);
        if (item % step == 0) // so that the select waits now for one, now for both
            co_await asio::post(asio::use_awaitable);
    }
}

TEST_F(channel_cancel_test, a_select_over_two_channels_loses_none_of_2000_items) {
    auto a = make_channel<int>(ctx.get_executor(), 3);
    auto b = make_channel<int>(ctx.get_executor(), 2);
    select_result result;
    asio::co_spawn(ctx, select_loop(std::move(a.rx), std::move(b.rx), result), asio::detached);
    asio::co_spawn(ctx, produce_slowly(std::move(a.tx), 0, 3), asio::detached);
    asio::co_spawn(ctx, produce_slowly(std::move(b.tx), 1, 5), asio::detached);
    run();

    ASSERT_EQ(result.from_a.size(), 1000u);
    ASSERT_EQ(result.from_b.size(), 1000u);
    for (int n = 0; n < 1000; ++n) {
        ASSERT_EQ(result.from_a[n], 2 * n);
        ASSERT_EQ(result.from_b[n], 2 * n + 1);
    }
}

} // namespace
} // namespace streamx::testing
