#include <streamx/channels/broadcast.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <streamx/terminals/async_for_each.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/error.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct broadcast_close_test : channel_test {
    virtual_clock clock{ctx};
    broadcast<int> b{ctx.get_executor()};
    subscription<int> s = b.subscribe({.capacity = 4});
    code closed;
};

TEST_F(broadcast_close_test, completes_when_the_last_item_is_taken) {
    auto other = b.subscribe({.overflow = overflow::drop_newest, .capacity = 1});
    put_all(b, {1, 2});
    b.async_close(1h, into(closed));
    clock.run_for(59min);
    EXPECT_FALSE(b.is_open());
    EXPECT_EQ(take_all(s), (ints{1, 2}));
    clock.run_for(0s);
    EXPECT_FALSE(closed) << "the other has not taken its item";

    EXPECT_EQ(take_all(other), (ints{1}));
    EXPECT_FALSE(closed) << "completed inside the call";
    clock.run_for(0s);

    EXPECT_EQ(closed, success);
}

TEST_F(broadcast_close_test, completes_when_who_has_not_taken_all_leaves) {
    put_all(b, {1});
    code again;
    b.async_close(1h, into(closed));
    b.async_close(1h, into(again));
    clock.run_for(1s);
    EXPECT_FALSE(closed);
    {
        auto gone = std::move(s);
    }
    clock.run_for(0s);

    EXPECT_EQ(closed, success);
    EXPECT_EQ(again, success);
}

TEST_F(broadcast_close_test, row_17_a_stuck_consumer_costs_no_more_than_the_time_given) {
    put_all(b, {1});
    b.async_close(10s, into(closed));
    clock.run_for(9s);
    EXPECT_FALSE(closed);
    clock.run_for(1s);

    EXPECT_EQ(closed, asio::error::timed_out);
    EXPECT_EQ(take_all(s), (ints{1})) << "it is still there";
}

TEST_F(broadcast_close_test, completes_at_once_when_there_is_nothing_left) {
    b.async_close(10s, into(closed));
    EXPECT_FALSE(closed) << "completed inside the call";
    clock.run_for(0s);
    EXPECT_EQ(closed, success);
}

TEST_F(broadcast_close_test, can_be_cancelled_and_outlives_the_broadcast) {
    put_all(b, {1});
    asio::cancellation_signal stop;
    code cancelled;
    b.async_close(10s, into(cancelled, stop));
    b.async_close(10s, into(closed));
    stop.emit(asio::cancellation_type::total);
    b = broadcast<int>(ctx.get_executor());
    clock.run_for(1s);
    EXPECT_EQ(cancelled, asio::error::operation_aborted);
    EXPECT_FALSE(closed);
    EXPECT_EQ(take_all(s), (ints{1}));
    clock.run_for(0s);
    EXPECT_EQ(closed, success);
}

TEST_F(broadcast_close_test, may_be_called_by_who_takes_the_last_item) {
    auto mine = b.subscribe({.capacity = 4});
    put_all(b, {1});
    async_for_each(
        std::move(mine),
        [this](int) { b.async_close(1h, into(closed)); },
        [](std::exception_ptr) {});
    clock.run_for(0s);
    EXPECT_FALSE(closed) << "another has its item before it";

    EXPECT_EQ(take_one(s), 1);
    clock.run_for(0s);
    EXPECT_EQ(closed, success);
}

} // namespace
} // namespace streamx::testing
