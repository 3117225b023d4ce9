#include <streamx/operators/debounce.hpp> // first, so this file also proves the header stands alone

#include "timed_input.hpp"

#include <streamx/testing/collect.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using debounce_test = timed_input;

TEST_F(debounce_test, gives_the_last_of_those_that_come_fast) {
    for (int i : {1, 2, 3})
        at(i * 1s, i);
    at(30s, 4);
    auto s = std::move(ends.rx) | debounce(5s);

    EXPECT_EQ(**next(clock, s).value, 3);
    EXPECT_EQ(clock.elapsed(), 8s);
    EXPECT_EQ(**next(clock, s).value, 4);
    EXPECT_EQ(clock.elapsed(), 35s);
}

TEST_F(debounce_test, what_is_held_comes_with_the_end) {
    auto got = collect(clock, upstream().item(1).item(2).pending().end() | debounce(5s));

    EXPECT_EQ(got.items, std::vector{2});
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(debounce_test, what_is_held_comes_before_a_failure) {
    auto got = collect(clock, upstream().item(1).fail(asio::error::eof) | debounce(5s));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(debounce_test, a_late_consumer_still_gets_what_was_followed_by_a_pause) {
    at(1s, 1);
    at(20s, 2);
    auto s = std::move(ends.rx) | debounce(5s);
    clock.hold();
    next_cancelled(clock, s, asio::cancellation_type::total);
    clock.run_for(2s);
    next_cancelled(clock, s, asio::cancellation_type::total);
    clock.hold(false);
    clock.run_for(30s);

    auto moved = std::move(s);

    EXPECT_EQ(**next(clock, moved).value, 1);
    EXPECT_EQ(**next(clock, moved).value, 2);
}

} // namespace
} // namespace streamx::testing
