#include <streamx/operators/rate_limit.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct rate_limit_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    asio::any_io_executor ex = ctx.get_executor();

    auto upstream(int count) { return range(0, count) | on(ex); }

    /// When each of the next items comes.
    template <class S>
    std::vector<clock_service::duration> times(S& s, int count) {
        std::vector<clock_service::duration> got;
        while (got.size() != static_cast<std::size_t>(count)) {
            EXPECT_TRUE(next(clock, s).value);
            got.push_back(clock.elapsed());
        }
        return got;
    }

    /// How many items come in the first ten seconds, of those that are always there, if timers ring
    /// late by up to `step`.
    int in_ten_seconds(std::uint64_t rate, clock_service::duration step = 0s) {
        auto s = upstream(100'000'000) | rate_limit(rate);
        const auto until = clock.now() + 10s;
        int count = 0;
        while (clock.now() < until) {
            if (s.try_next())
                ++count;
            else if (step == 0s)
                wait(clock, s);
            else
                clock.run_for(step);
        }
        return count;
    }
};

using seconds = std::vector<clock_service::duration>;

TEST_F(rate_limit_test, the_first_item_goes_at_once_and_the_others_at_equal_distances) {
    auto s = upstream(4) | rate_limit(2);

    EXPECT_EQ(times(s, 4), (seconds{0ms, 500ms, 1000ms, 1500ms}));
    EXPECT_TRUE(collect(clock, s).ended);
    EXPECT_EQ(clock.elapsed(), 1500ms);
}

TEST_F(rate_limit_test, is_exact_where_a_period_is_no_whole_number_of_nanoseconds) {
    auto s = upstream(3001) | rate_limit(3);

    EXPECT_EQ(times(s, 3001).back(), 1000s);
}

TEST_F(rate_limit_test, is_exact_at_every_rate) {
    EXPECT_EQ(in_ten_seconds(1), 10);
    EXPECT_EQ(in_ten_seconds(3), 30);
    EXPECT_EQ(in_ten_seconds(1000), 10'000);
    EXPECT_EQ(in_ten_seconds(9'999), 99'990);
}

TEST_F(rate_limit_test, is_exact_where_items_come_faster_than_timers_ring) {
    EXPECT_NEAR(in_ten_seconds(1000, 700us), 10'000, 10);
    EXPECT_NEAR(in_ten_seconds(1'000'000, 1ms), 10'000'000, 10'000);
}

TEST_F(rate_limit_test, lets_a_burst_through_at_first) {
    auto s = upstream(5) | rate_limit(1, 3);

    EXPECT_EQ(times(s, 5), (seconds{0s, 0s, 0s, 1s, 2s}));
}

TEST_F(rate_limit_test, a_consumer_that_was_slow_gets_no_more_than_the_burst) {
    auto s = upstream(9) | rate_limit(1, 2);
    EXPECT_EQ(times(s, 3), (seconds{0s, 0s, 1s}));

    clock.run_for(1h - 1s);

    EXPECT_EQ(times(s, 4), (seconds{1h, 1h, 1h + 1s, 1h + 2s}));
}

TEST_F(
    rate_limit_test, a_consumer_that_was_slow_while_an_item_was_held_gets_no_more_than_the_burst) {
    auto s = upstream(9) | rate_limit(1);
    EXPECT_EQ(times(s, 1), (seconds{0s}));
    clock.hold();
    next_cancelled(clock, s, asio::cancellation_type::total);
    clock.hold(false);

    clock.run_for(1h);

    EXPECT_EQ(times(s, 3), (seconds{1h, 1h + 900ms, 1h + 1900ms})); // 100 ms may be a late timer's
}

TEST_F(rate_limit_test, a_slow_upstream_gathers_no_more_than_the_burst) {
    auto s = script_source<int>(ex).item(1).hang() | rate_limit(1);
    EXPECT_EQ(times(s, 1), (seconds{0s}));
    clock.run_for(1h);

    EXPECT_EQ(next(clock, s).calls, 0);
}

TEST_F(rate_limit_test, goes_by_weight) {
    auto s = script_source<std::string>(ex).item("ab").item("abc").item("a").item("a").end() |
             rate_limit(1, 4, &std::string::size);

    EXPECT_EQ(times(s, 4), (seconds{0s, 1s, 2s, 3s}));
}

TEST_F(rate_limit_test, what_is_heavier_than_the_burst_waits_for_a_full_bucket_and_is_paid_for) {
    auto s = script_source<int>(ex).item(1).item(10).item(1).end() |
             rate_limit(1, 2, [](int i) { return i; });

    EXPECT_EQ(times(s, 3), (seconds{0s, 1s, 10s}));
}

TEST_F(rate_limit_test, what_weighs_nothing_does_not_wait) {
    auto s = upstream(9) | rate_limit(1, 1, [](int) { return 0; });

    EXPECT_EQ(times(s, 9).back(), 0s);
}

TEST_F(rate_limit_test, a_negative_weight_fails_the_stream) {
    auto s = upstream(9) | rate_limit(1, 4, [](int i) { return 1 - i; });

    EXPECT_EQ(collect(clock, s).what, "rate_limit: weight must not be negative");
    EXPECT_TRUE(collect(clock, s).ended);
}

TEST_F(rate_limit_test, an_item_that_was_held_when_the_wait_was_cancelled_comes_next) {
    auto s = upstream(3) | rate_limit(1);
    times(s, 1);
    clock.hold();
    EXPECT_EQ(
        next_cancelled(clock, s, asio::cancellation_type::total), asio::error::operation_aborted);
    clock.hold(false);

    auto moved = std::move(s);

    EXPECT_EQ(collect(clock, moved).items, (std::vector{1, 2}));
}

TEST_F(rate_limit_test, makes_up_for_a_timer_that_rings_late) {
    auto s = upstream(100) | rate_limit(1000);
    times(s, 1);
    EXPECT_TRUE(s.try_next().is_pending());

    clock.run_for(3500us); // it was due after 1 ms

    EXPECT_EQ(times(s, 4), (seconds{3500us, 3500us, 3500us, 4ms}));
}

TEST_F(rate_limit_test, sets_no_timer_for_each_item_where_items_come_faster_than_timers_ring) {
    auto s = upstream(600) | rate_limit(1'000'000);

    const auto got = times(s, 600);

    EXPECT_EQ(got[0], 0us);
    EXPECT_EQ(got[1], 500us);
    EXPECT_EQ(got[500], 500us);
    EXPECT_EQ(got[501], 1000us);
}

TEST_F(rate_limit_test, refuses_a_rate_or_a_burst_of_nothing) {
    auto message = [](std::uint64_t rate, std::uint64_t burst) -> std::string {
        try {
            [[maybe_unused]] auto refused = rate_limit(rate, burst);
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return {};
    };

    EXPECT_EQ(message(0, 1), "rate_limit: rate must be at least 1");
    EXPECT_EQ(message(1, 0), "rate_limit: burst must be at least 1");
    EXPECT_EQ(message(10'000'000'001, 1), "rate_limit: rate must be at most 10'000'000'000");
}

} // namespace
} // namespace streamx::testing
