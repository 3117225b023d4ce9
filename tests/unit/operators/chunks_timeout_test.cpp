#include <streamx/operators/chunks_timeout.hpp> // first, so this file also proves the header stands alone

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

using chunks_timeout_test = timed_input;

TEST_F(chunks_timeout_test, gives_a_chunk_that_is_full_at_once) {
    auto got = collect(clock, upstream().item(1).item(2).item(3).end() | chunks_timeout(2, 1h));

    EXPECT_EQ(got.items, (std::vector<std::vector<int>>{{1, 2}, {3}}));
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(chunks_timeout_test, gives_what_is_there_when_the_time_of_the_first_is_over) {
    for (int i : {5, 8, 9, 40})
        at(i * 1s, i);
    auto s = std::move(ends.rx) | chunks_timeout(100, 10s);

    EXPECT_EQ(**next(clock, s).value, (std::vector{5, 8, 9}));
    EXPECT_EQ(clock.elapsed(), 15s);
    EXPECT_EQ(**next(clock, s).value, std::vector{40});
    EXPECT_EQ(clock.elapsed(), 50s);
}

TEST_F(chunks_timeout_test, nothing_is_no_chunk) {
    auto s = upstream().hang() | chunks_timeout(2, 1s);

    EXPECT_EQ(next(clock, s).calls, 0);
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(chunks_timeout_test, a_failure_comes_after_the_items_before_it) {
    auto got = collect(clock, upstream().item(1).fail(asio::error::eof) | chunks_timeout(2, 1s));

    EXPECT_EQ(got.items, (std::vector<std::vector<int>>{{1}}));
    EXPECT_EQ(got.ec, asio::error::eof);
    EXPECT_EQ(seen.misuses(), 0u);
}

TEST_F(chunks_timeout_test, a_cancelled_wait_loses_nothing_and_the_time_goes_on) {
    at(8s, 2);
    ends.tx.try_send(1);
    auto s = std::move(ends.rx) | chunks_timeout(9, 10s);
    clock.hold();
    next_cancelled(clock, s, asio::cancellation_type::total);
    clock.hold(false);
    clock.run_for(7s);

    auto moved = std::move(s);

    EXPECT_EQ(**next(clock, moved).value, (std::vector{1, 2}));
    EXPECT_EQ(clock.elapsed(), 10s);
}

TEST_F(chunks_timeout_test, refuses_a_size_of_0) {
    EXPECT_THROW((void)chunks_timeout(0, 1s), std::invalid_argument);
}

} // namespace
} // namespace streamx::testing
