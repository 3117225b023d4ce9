#include <streamx/channels/receiver.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/error.hpp>

#include <numeric>
#include <stdexcept>
#include <string>

namespace streamx::testing {
namespace {

struct receive_many_test : channel_test {};

TEST_F(receive_many_test, waits_for_one_item_and_takes_what_is_there) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    received_many<int> got;
    rx.async_receive_many(5, into(got));
    run();
    ASSERT_FALSE(got.done);

    fill(tx, {1, 2, 3});
    run();

    EXPECT_EQ(got.items, (ints{1, 2, 3}));
    EXPECT_FALSE(got.failure);
}

TEST_F(receive_many_test, takes_no_more_than_its_limit) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    fill(tx, {1, 2, 3, 4, 5});
    received_many<int> first, second;

    rx.async_receive_many(3, into(first));
    EXPECT_FALSE(first.done) << "completed inside the call";
    run();
    rx.async_receive_many(3, into(second));
    run();

    EXPECT_EQ(first.items, (ints{1, 2, 3}));
    EXPECT_EQ(second.items, (ints{4, 5}));
}

TEST_F(receive_many_test, takes_one_at_a_time_with_the_same_result_when_receivers_share) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    auto other = rx;
    fill(tx, {1, 2, 3, 4, 5});
    received_many<int> got;

    rx.async_receive_many(3, into(got));
    run();

    EXPECT_EQ(got.items, (ints{1, 2, 3}));
    EXPECT_EQ(take_all(other), (ints{4, 5}));
}

TEST_F(receive_many_test, takes_what_parked_senders_bring) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    fill(tx, {1, 2});
    code sent;
    tx.async_send(3, into(sent));
    received_many<int> got;

    rx.async_receive_many(8, into(got));
    run();

    EXPECT_EQ(got.items, (ints{1, 2, 3}));
    EXPECT_EQ(sent, success);
}

TEST_F(receive_many_test, nothing_is_the_end) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    fill(tx, {1});
    tx.close();
    received_many<int> first, second;

    rx.async_receive_many(3, into(first));
    run();
    rx.async_receive_many(3, into(second));
    run();

    EXPECT_EQ(first.items, (ints{1}));
    EXPECT_TRUE(second.done);
    EXPECT_FALSE(second.failure);
    EXPECT_TRUE(second.items.empty());
}

TEST_F(receive_many_test, stops_before_a_failure) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    fill(tx, {1, 2});
    tx.close(asio::error::connection_reset);
    received_many<int> first, second;

    rx.async_receive_many(5, into(first));
    run();
    rx.async_receive_many(5, into(second));
    run();

    EXPECT_EQ(first.items, (ints{1, 2}));
    EXPECT_FALSE(first.failure);
    EXPECT_EQ(second.ec(), asio::error::connection_reset);
    EXPECT_TRUE(second.items.empty());
}

TEST_F(receive_many_test, a_limit_of_0_is_refused_by_name) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    received_many<int> got;
    try {
        rx.async_receive_many(0, into(got));
        FAIL() << "did not throw";
    } catch (const std::invalid_argument& e) {
        EXPECT_NE(std::string(e.what()).find("limit"), std::string::npos) << e.what();
    }
}

TEST_F(receive_many_test, cancelled_while_it_waits_it_has_taken_nothing) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    asio::cancellation_signal cancel;
    received_many<int> got;
    rx.async_receive_many(3, into(got, cancel));
    run();

    cancel.emit(asio::cancellation_type::total);
    fill(tx, {1});
    run();

    EXPECT_EQ(got.ec(), asio::error::operation_aborted);
    EXPECT_EQ(take_one(rx), 1);
}

// With a large limit it pauses so that others run, and a cancellation may come then.
TEST_F(receive_many_test, cancelled_at_any_step_it_loses_nothing) {
    for (int steps = 0; steps < 5; ++steps) {
        SCOPED_TRACE(steps);
        auto [tx, rx] = make_channel<int>(ctx.get_executor(), 3000);
        ints all(3000);
        std::iota(all.begin(), all.end(), 0);
        for (int item : all)
            ASSERT_TRUE(tx.try_send(item));
        asio::cancellation_signal cancel;
        received_many<int> got;
        rx.async_receive_many(3000, into(got, cancel));

        ctx.restart();
        for (int n = 0; n < steps; ++n)
            ctx.poll_one();
        cancel.emit(asio::cancellation_type::total);
        run();

        ASSERT_TRUE(got.done);
        // Nobody who awaits a failed operation sees its items.
        EXPECT_TRUE(!got.failure || got.items.empty());
        for (int item : take_all(rx))
            got.items.push_back(item);
        EXPECT_EQ(got.items, all);
    }
}

} // namespace
} // namespace streamx::testing
