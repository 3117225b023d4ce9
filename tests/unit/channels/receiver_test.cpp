#include <streamx/channels/receiver.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace streamx::testing {
namespace {

struct receiver_test : channel_test {};

TEST_F(receiver_test, is_pending_while_it_is_empty_and_open) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);

    EXPECT_TRUE(rx.try_next().is_pending());
    EXPECT_TRUE(rx.try_receive().is_pending());
    fill(tx, {1});
    EXPECT_EQ(rx.try_receive().to_optional(), 1);
}

TEST_F(receiver_test, never_completes_inside_the_call) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1});
    code waited;
    received<int> got;

    rx.async_wait(into(waited));
    rx.async_next(into(got));

    EXPECT_FALSE(waited);
    EXPECT_FALSE(got.done);
    run();
    EXPECT_EQ(waited, success);
    EXPECT_EQ(got.item, 1);
}

TEST_F(receiver_test, a_second_wait_gets_operation_in_progress_and_the_first_is_untouched) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    code first, second;
    rx.async_wait(into(first));

    rx.async_wait(into(second));
    EXPECT_FALSE(second);
    run();
    EXPECT_EQ(second, errc::operation_in_progress);
    EXPECT_FALSE(first);

    fill(tx, {1});
    run();
    EXPECT_EQ(first, success);
    EXPECT_EQ(take_one(rx), 1);
}

TEST_F(receiver_test, a_second_receive_gets_operation_in_progress_and_the_first_its_item) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    received<int> first, second;
    received_many<int> third;
    rx.async_next(into(first));
    run();

    rx.async_next(into(second));
    rx.async_receive_many(3, into(third));
    run();
    EXPECT_EQ(second.ec(), errc::operation_in_progress);
    EXPECT_EQ(third.ec(), errc::operation_in_progress);

    fill(tx, {1});
    run();
    EXPECT_EQ(first.item, 1);
}

TEST_F(receiver_test, cancelling_a_wait_that_was_woken_does_not_touch_the_next_one) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    asio::cancellation_signal cancel;
    code first, second;
    rx.async_wait(into(first, cancel));
    fill(tx, {1}); // wakes the first
    ASSERT_EQ(take_one(rx), 1);
    rx.async_wait(into(second));

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_TRUE(first);
    // It may be refused, since the first has not completed, but nobody has cancelled it.
    EXPECT_TRUE(!second || second == errc::operation_in_progress) << *second;
}

TEST_F(receiver_test, a_wait_begun_before_a_woken_one_has_completed_is_whole) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    auto other = rx;
    code first, second, behind;
    rx.async_wait(into(first));
    fill(tx, {1}); // wakes the first
    ASSERT_EQ(take_one(rx), 1);
    rx.async_wait(into(second));
    other.async_wait(into(behind));

    run(); // the first completes
    fill(tx, {2});
    run();

    EXPECT_EQ(first, success);
    EXPECT_TRUE(second);
    EXPECT_EQ(behind, success) << "nobody has taken the item";
}

TEST_F(receiver_test, destroyed_while_it_waits_its_operations_are_aborted) {
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    for (int operation = 0; operation < 4; ++operation) {
        SCOPED_TRACE(operation);
        std::optional rx(ends.rx);
        code result;
        auto fails = [&](std::exception_ptr failure, auto&&) { result = to_error_code(failure); };
        if (operation == 0)
            rx->async_wait(into(result));
        else if (operation == 1)
            rx->async_next(fails);
        else if (operation == 2)
            rx->async_receive_many(3, fails);
        else
            rx->async_wait_closed(into(result));
        run();
        ASSERT_FALSE(result);

        rx.reset();
        run();

        EXPECT_EQ(result, asio::error::operation_aborted);
    }
}

TEST_F(receiver_test, destroyed_while_a_coroutine_waits_for_it_the_coroutine_is_told) {
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    std::optional rx(std::move(ends.rx));
    std::exception_ptr failure;
    auto consumer = [&]() -> asio::awaitable<void> { co_await rx->next(); };
    asio::co_spawn(ctx, consumer, [&](std::exception_ptr e) { failure = e; });
    run();
    ASSERT_FALSE(failure);

    rx.reset();
    run();

    EXPECT_EQ(to_error_code(failure), asio::error::operation_aborted);
}

TEST_F(receiver_test, destroyed_before_its_receive_has_begun_it_takes_nothing) {
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    fill(ends.tx, {1});
    std::optional rx(ends.rx);
    received<int> got;
    rx->async_next(into(got));

    rx.reset();
    run();

    EXPECT_EQ(got.ec(), asio::error::operation_aborted);
    EXPECT_EQ(take_one(ends.rx), 1);
}

TEST_F(receiver_test, over_or_moved_from_it_says_end_again_and_again) {
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    auto rx = std::move(ends.rx);
    ends.tx.close();
    for (int n = 0; n < 3; ++n) {
        received<int> ended, moved_from;
        rx.async_next(into(ended));
        ends.rx.async_next(into(moved_from));
        run();
        EXPECT_TRUE(ended.ended());
        EXPECT_TRUE(moved_from.ended());
        EXPECT_TRUE(rx.try_next().is_end());
        EXPECT_TRUE(ends.rx.try_next().is_end());
    }
    EXPECT_EQ(rx.stats().sent, 0u) << "and can still be asked";
}

TEST_F(receiver_test, assigned_a_new_channel_it_starts_anew) {
    auto first = make_channel<int>(ctx.get_executor(), 4);
    auto second = make_channel<int>(ctx.get_executor(), 4);
    first.tx.close();
    received<int> ended, got;
    first.rx.async_next(into(ended));
    run();
    ASSERT_TRUE(ended.ended());
    fill(second.tx, {1, 2});
    ASSERT_EQ(take_one(second.rx), 1); // it has a batch

    first.rx = std::move(second.rx);
    first.rx.async_next(into(got));
    run();

    EXPECT_EQ(got.item, 2);
}

TEST_F(receiver_test, moved_it_takes_its_batch_along) {
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    fill(ends.tx, {1, 2, 3});
    ASSERT_EQ(take_one(ends.rx), 1);

    auto rx = std::move(ends.rx);

    EXPECT_EQ(take_all(rx), (ints{2, 3}));
}

} // namespace
} // namespace streamx::testing
