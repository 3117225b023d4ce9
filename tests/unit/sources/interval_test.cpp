#include <streamx/sources/interval.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct interval_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};

    struct tick {
        std::size_t number;
        clock_service::duration at;
        bool operator==(const tick&) const = default;
    };

    template <class S>
    tick take(S& s) {
        const auto number = **next(clock, s).value;
        return {number, clock.elapsed()};
    }

    /// Three ticks, of which the consumer comes 2.5 periods late for the second.
    std::vector<tick> late(missed_tick missed) {
        auto s = interval(ctx.get_executor(), 10s, missed);
        std::vector<tick> got{take(s)};
        clock.run_for(35s);
        for (int i = 0; i != 4; ++i)
            got.push_back(take(s));
        return got;
    }
};

TEST_F(interval_test, ticks_at_its_period_from_the_first_pull_on) {
    auto s = interval(ctx.get_executor(), 30min);
    clock.run_for(1s);

    EXPECT_EQ(take(s), (tick{0, 1s + 30min}));
    EXPECT_EQ(take(s), (tick{1, 1s + 60min}));
    EXPECT_EQ(take(s), (tick{2, 1s + 90min}));
}

TEST_F(interval_test, does_not_drift_with_a_consumer_that_takes_time) {
    auto s = interval(ctx.get_executor(), 10s);
    for (std::size_t i = 0; i != 100; ++i) {
        EXPECT_EQ(take(s), (tick{i, (i + 1) * 10s}));
        clock.run_for(3s);
    }
}

TEST_F(interval_test, burst_makes_up_for_the_ticks_that_were_missed) {
    EXPECT_EQ(
        late(missed_tick::burst),
        (std::vector<tick>{{0, 10s}, {1, 45s}, {2, 45s}, {3, 45s}, {4, 50s}}));
}

TEST_F(interval_test, delay_lets_a_whole_period_pass) {
    EXPECT_EQ(
        late(missed_tick::delay),
        (std::vector<tick>{{0, 10s}, {1, 45s}, {2, 55s}, {3, 65s}, {4, 75s}}));
}

TEST_F(interval_test, skip_keeps_its_rhythm_and_counts_what_it_skips) {
    EXPECT_EQ(
        late(missed_tick::skip),
        (std::vector<tick>{{0, 10s}, {1, 45s}, {4, 50s}, {5, 60s}, {6, 70s}}));
}

TEST_F(interval_test, a_cancelled_wait_leaves_no_timer_and_takes_no_tick) {
    auto s = interval(ctx.get_executor(), 10s);
    clock.hold();
    EXPECT_EQ(
        next_cancelled(clock, s, asio::cancellation_type::total), asio::error::operation_aborted);
    clock.hold(false);

    clock.run();
    EXPECT_EQ(clock.elapsed(), 0s);
    auto moved = std::move(s);
    EXPECT_EQ(take(moved), (tick{0, 10s}));
}

TEST_F(interval_test, the_longest_period_is_for_ever) {
    auto s = interval(ctx.get_executor(), clock_service::duration::max());

    EXPECT_EQ(next(clock, s).calls, 0);
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(interval_test, refuses_a_period_that_is_not_positive) {
    for (auto period : {0s, -1s}) {
        try {
            auto s = interval(ctx.get_executor(), period);
            FAIL();
        } catch (const std::invalid_argument& e) {
            EXPECT_STREQ(e.what(), "interval: period must be positive");
        }
    }
}

} // namespace
} // namespace streamx::testing
