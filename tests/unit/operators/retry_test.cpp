#include <streamx/operators/restart.hpp>
#include <streamx/operators/retry.hpp> // first, so this file also proves the header stands alone

#include <unit/operators/broken.hpp>

#include <streamx/core/any_stream.hpp>
#include <streamx/operators/backpressure_timeout.hpp>
#include <streamx/sources/defer.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// What begins a stream again when it is over, and what ends it when its consumer is too slow.

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;
using ints = std::vector<int>;

struct retry_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    int attempts = 0;

    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }

    /// The stream that `make(n)` makes for the `n`th attempt, from 1 on.
    auto each(std::function<script_source<int>(int)> make) {
        return streamx::defer(
            asio::any_io_executor(ctx.get_executor()),
            [this, make = std::move(make)] { return make(++attempts); });
    }
    static std::exception_ptr boom(int n) {
        return std::make_exception_ptr(std::runtime_error("boom " + std::to_string(n)));
    }
};

TEST_F(retry_test, begins_a_failed_stream_again_after_the_waits_of_the_policy) {
    auto s = each([this](int n) {
                 auto up = upstream();
                 return n < 4 ? std::move(up.fail(boom(n))) : std::move(up.item(n).end());
             }) |
             retry({.initial = 1s, .factor = 3, .jitter = 0});

    auto got = collect(clock, std::move(s));

    EXPECT_EQ(got.items, ints{4});
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(clock.elapsed(), 13s);
    EXPECT_EQ(seen.misuses(), 0U);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(retry_test, fails_with_the_last_failure_when_there_were_too_many) {
    auto s = each([this](int n) { return upstream().fail(boom(n)); }) |
             retry({.initial = 1s, .jitter = 0, .limit = 2});

    auto got = collect(clock, s);

    EXPECT_EQ(got.what, "boom 3");
    EXPECT_EQ(clock.elapsed(), 3s);
    EXPECT_TRUE(collect(clock, s).ended);
    auto none = each([this](int n) { return upstream().fail(boom(n)); }) | retry({.limit = 0});
    EXPECT_EQ(collect(clock, none).what, "boom 4");
}

TEST_F(retry_test, a_wait_that_fails_is_a_failed_attempt) {
    auto s = streamx::defer(
                 asio::any_io_executor(ctx.get_executor()),
                 [this]() -> any_stream<int> {
                     if (++attempts < 3)
                         return broken(ctx.get_executor());
                     return upstream().item(7).end();
                 }) |
             retry({.initial = 1s, .factor = 2, .jitter = 0});

    auto got = collect(clock, std::move(s));

    EXPECT_EQ(got.items, ints{7});
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(clock.elapsed(), 3s);

    auto never = streamx::defer(
                     asio::any_io_executor(ctx.get_executor()),
                     [this] { return broken(ctx.get_executor()); }) |
                 retry({.initial = 1s, .limit = 2});
    EXPECT_EQ(collect(clock, std::move(never)).ec, asio::error::connection_reset);
}

TEST_F(retry_test, an_item_is_a_success_after_which_it_counts_anew) {
    auto s = each([this](int n) {
                 auto up = upstream();
                 if (n % 3 == 0)
                     up.item(n);
                 return n == 9 ? std::move(up.end()) : std::move(up.fail(boom(n)));
             }) |
             retry({.initial = 1s, .jitter = 0, .limit = 3});

    auto got = collect(clock, std::move(s));

    EXPECT_EQ(got.items, (ints{3, 6, 9}));
    EXPECT_TRUE(got.ended) << got.what;
    EXPECT_EQ(clock.elapsed(), 1s + 2s + (1s + 2s + 4s) * 2);
}

TEST_F(retry_test, jitter_is_the_same_for_the_same_seed) {
    auto waited = [this](std::uint64_t seed) {
        const auto from = clock.now();
        auto s = each([this](int n) { return upstream().fail(boom(n)); }) |
                 retry({.initial = 1s, .limit = 5, .seed = seed});
        collect(clock, std::move(s));
        return clock.now() - from;
    };
    const auto first = waited(1);
    EXPECT_EQ(waited(1), first);
    EXPECT_NE(waited(2), first);
    EXPECT_LT(first, 31s);
    EXPECT_GE(first, 15s);
}

TEST_F(retry_test, releases_what_has_failed_before_it_waits) {
    auto s = each([this](int n) { return upstream().fail(boom(n)); }) |
             retry({.initial = 1h, .max = 1h});

    EXPECT_TRUE(s.try_next().is_pending());

    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(retry_test, cancelled_between_two_attempts_it_waits_on_with_the_next_pull) {
    clock.hold();
    auto s = each([this](int n) {
                 auto up = upstream();
                 return n == 1 ? std::move(up.fail(boom(n))) : std::move(up.item(n).end());
             }) |
             retry({.initial = 3s, .jitter = 0});
    EXPECT_EQ(
        next_cancelled(clock, s, asio::cancellation_type::total), asio::error::operation_aborted);
    clock.run_for(2s);
    clock.hold(false);

    EXPECT_EQ(**next(clock, s).value, 2);

    EXPECT_EQ(clock.elapsed(), 3s);
}

TEST_F(retry_test, what_makes_the_stream_may_fail_as_well) {
    auto s = streamx::defer(
                 asio::any_io_executor(ctx.get_executor()),
                 [this]() -> script_source<int> {
                     if (++attempts == 1)
                         throw std::runtime_error("no connection");
                     return upstream().item(7).end();
                 }) |
             retry({.initial = 1s});

    EXPECT_EQ(collect(clock, std::move(s)).items, ints{7});
}

TEST_F(retry_test, refuses_a_policy_that_makes_no_sense) {
    EXPECT_THROW((void)retry({.jitter = 2}), std::invalid_argument);
    EXPECT_THROW((void)restart({.factor = 0}), std::invalid_argument);
}

TEST_F(retry_test, restart_goes_on_after_an_end_as_well) {
    auto s = each([this](int n) {
                 auto up = upstream();
                 up.item(n);
                 return n % 2 ? std::move(up.end()) : std::move(up.fail(boom(n)));
             }) |
             restart({.initial = 1s, .jitter = 0});
    for (int n = 1; n != 6; ++n)
        EXPECT_EQ(**next(clock, s).value, n);
    EXPECT_EQ(clock.elapsed(), 4s);
}

TEST_F(retry_test, restart_is_over_as_the_last_attempt_was) {
    const backoff policy{.initial = 1s, .jitter = 0, .limit = 1};
    auto ends = each([this](int) { return upstream().end(); }) | restart(policy);
    EXPECT_TRUE(collect(clock, std::move(ends)).ended);
    auto fails = each([this](int n) { return upstream().fail(boom(n)); }) | restart(policy);
    EXPECT_EQ(collect(clock, std::move(fails)).what, "boom 4");
    EXPECT_EQ(clock.elapsed(), 2s);
    EXPECT_EQ(seen.misuses(), 0U);
}

// backpressure_timeout

TEST_F(retry_test, a_consumer_that_is_fast_enough_sees_no_backpressure_timeout) {
    auto s = upstream().item(1).item(2).wait(9h).item(3).end() | backpressure_timeout(3s);
    for (int n = 1; n != 4; ++n) {
        EXPECT_EQ(**next(clock, s).value, n);
        clock.run_for(2s);
    }
    EXPECT_TRUE(collect(clock, s).ended);
}

TEST_F(retry_test, backpressure_timeout_releases_upstream_at_once_and_fails_the_next_pull) {
    auto s = upstream().item(1).item(2).item(3).end() | backpressure_timeout(3s);
    EXPECT_EQ(**next(clock, s).value, 1);
    clock.run_for(2s);
    EXPECT_EQ(**next(clock, s).value, 2);
    clock.run_for(3s - 1ns);
    EXPECT_EQ(seen.live(), 1U);

    clock.run_for(1ns);

    EXPECT_EQ(seen.live(), 0U);
    auto got = collect(clock, s);
    EXPECT_TRUE(got.items.empty());
    EXPECT_EQ(got.ec, asio::error::timed_out);
    EXPECT_TRUE(collect(clock, s).ended);
}

TEST_F(retry_test, backpressure_timeout_keeps_no_timer_when_it_is_gone) {
    {
        auto s = upstream().item(1).hang() | backpressure_timeout(3h);
        EXPECT_EQ(**next(clock, s).value, 1);
    }
    clock.run();
    EXPECT_EQ(clock.elapsed(), 0s);
}

} // namespace
} // namespace streamx::testing
