#include <streamx/time/backoff.hpp> // first, so this file also proves the header stands alone

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;
using durations = std::vector<backoff::duration>;

durations waits(backoff_delays& delays, int count) {
    durations result;
    for (int i = 0; i != count; ++i)
        if (auto d = delays.next())
            result.push_back(*d);
    return result;
}

durations waits(const backoff& policy, int count) {
    backoff_delays delays(policy);
    return waits(delays, count);
}

TEST(backoff_test, each_wait_is_a_factor_longer_up_to_the_longest) {
    EXPECT_EQ(
        waits({.initial = 1s, .max = 10s, .factor = 3, .jitter = 0}, 5),
        (durations{1s, 3s, 9s, 10s, 10s}));
    EXPECT_EQ(waits({.initial = 2s, .factor = 1, .jitter = 0}, 3), (durations{2s, 2s, 2s}));
}

TEST(backoff_test, there_are_no_more_than_the_limit) {
    EXPECT_EQ(waits({.initial = 1s, .jitter = 0, .limit = 2}, 9), (durations{1s, 2s}));
    EXPECT_TRUE(waits({.limit = 0}, 9).empty());
}

TEST(backoff_test, a_success_begins_it_again) {
    backoff_delays delays({.initial = 1s, .jitter = 0, .limit = 3});
    EXPECT_EQ(waits(delays, 2), (durations{1s, 2s}));
    EXPECT_EQ(delays.attempts(), 2u);

    delays.reset();

    EXPECT_EQ(delays.attempts(), 0u);
    EXPECT_EQ(waits(delays, 9), (durations{1s, 2s, 4s}));
}

TEST(backoff_test, jitter_shortens_by_no_more_than_its_share_and_by_something_else_each_time) {
    const auto got = waits({.initial = 1s, .max = 1s, .jitter = 0.25, .seed = 7}, 1000);
    auto sum = 0ns;
    for (auto d : got) {
        EXPECT_GT(d, 750ms - 1us);
        EXPECT_LE(d, 1s);
        sum += d;
    }
    EXPECT_NE(got[0], got[1]);
    EXPECT_NEAR(static_cast<double>((sum / 1000).count()), 875e6, 10e6);
}

TEST(backoff_test, the_same_seed_gives_the_same_waits_and_none_gives_others) {
    EXPECT_EQ(waits({.seed = 7}, 9), waits({.seed = 7}, 9));
    EXPECT_NE(waits({.seed = 7}, 9), waits({.seed = 8}, 9));
    EXPECT_NE(waits({}, 9), waits({}, 9));
}

TEST(backoff_test, it_does_not_overflow) {
    const backoff endless{.initial = 1s, .max = backoff::duration::max(), .jitter = 0};
    EXPECT_EQ(waits(endless, 2000).back(), backoff::duration::max());
    EXPECT_EQ(waits({.initial = 0s, .jitter = 0}, 3), (durations{0s, 0s, 0s}));
}

TEST(backoff_test, refuses_what_makes_no_sense) {
    constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
    for (const backoff& bad :
         {backoff{.initial = -1s},
          backoff{.initial = 2s, .max = 1s},
          backoff{.factor = 0.5},
          backoff{.factor = nan},
          backoff{.jitter = -0.1},
          backoff{.jitter = 1.1},
          backoff{.jitter = nan}})
        EXPECT_THROW(backoff_delays{bad}, std::invalid_argument);
}

} // namespace
} // namespace streamx::testing
