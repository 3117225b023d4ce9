#include <streamx/operators/sample.hpp> // first, so this file also proves the header stands alone

#include "timed_input.hpp"

#include <streamx/testing/collect.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using sample_test = timed_input;

TEST_F(sample_test, gives_the_last_item_of_each_period) {
    for (int i : {1, 2, 3, 12, 13, 31})
        at(i * 1s, i);
    end_at(39s);
    auto s = std::move(ends.rx) | sample(10s);

    EXPECT_EQ(**next(clock, s).value, 3);
    EXPECT_EQ(clock.elapsed(), 10s);
    EXPECT_EQ(**next(clock, s).value, 13);
    EXPECT_EQ(clock.elapsed(), 20s);
    EXPECT_EQ(**next(clock, s).value, 31); // with the end
    EXPECT_EQ(clock.elapsed(), 39s);
    EXPECT_TRUE(collect(clock, s).ended);
}

TEST_F(sample_test, a_period_without_an_item_gives_nothing_and_does_not_shift_the_others) {
    at(21s, 1);
    auto s = std::move(ends.rx) | sample(10s);

    EXPECT_EQ(**next(clock, s).value, 1);
    EXPECT_EQ(clock.elapsed(), 30s);
}

TEST_F(sample_test, what_is_held_comes_before_a_failure) {
    auto got = collect(clock, upstream().item(1).fail(asio::error::eof) | sample(5s));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(sample_test, an_item_that_is_held_survives_a_cancelled_wait) {
    auto s = upstream().item(1).hang() | sample(10s);
    clock.hold();
    next_cancelled(clock, s, asio::cancellation_type::total);
    clock.hold(false);

    auto moved = std::move(s);

    EXPECT_EQ(**next(clock, moved).value, 1);
    EXPECT_EQ(clock.elapsed(), 10s);
}

TEST_F(sample_test, refuses_a_period_that_is_not_positive) {
    EXPECT_THROW((void)sample(0s), std::invalid_argument);
}

} // namespace
} // namespace streamx::testing
