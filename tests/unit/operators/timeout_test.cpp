#include <streamx/operators/timeout.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/delay.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct timeout_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(timeout_test, fails_when_an_item_takes_longer) {
    auto got = collect(clock, upstream().item(1).hang() | timeout(30min));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::timed_out);
    EXPECT_EQ(clock.elapsed(), 30min);
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(timeout_test, each_item_has_its_own_time) {
    auto items = upstream().item(1).item(2).item(3).item(4).end();

    auto got = collect(clock, std::move(items) | delay(9s) | timeout(10s));

    EXPECT_EQ(got.items.size(), 4u);
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(clock.elapsed(), 36s);
}

TEST_F(timeout_test, a_slow_consumer_does_not_count) {
    auto s = upstream().item(1).pending().item(2).hang() | timeout(10s);
    EXPECT_EQ(**next(clock, s).value, 1);

    clock.run_for(1h);

    EXPECT_EQ(**next(clock, s).value, 2);
}

TEST_F(timeout_test, an_end_leaves_no_timer) {
    auto got = collect(clock, upstream().item(1).pending().end() | timeout(10s));
    clock.run();

    EXPECT_TRUE(got.ended);
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(timeout_test, the_time_of_a_pull_that_was_cancelled_goes_on) {
    auto s = upstream().hang() | timeout(10s);
    clock.hold();
    next_cancelled(clock, s, asio::cancellation_type::total);
    clock.hold(false);
    clock.run_for(4s);

    auto moved = std::move(s);

    EXPECT_EQ(collect(clock, moved).ec, asio::error::timed_out);
    EXPECT_EQ(clock.elapsed(), 10s);
}

TEST_F(timeout_test, destroyed_while_it_waits_it_leaves_nothing_behind) {
    {
        auto s = upstream().hang() | timeout(10s);
        clock.hold();
        EXPECT_TRUE(s.try_next().is_pending());
        s.async_wait([](error_code ec) { EXPECT_EQ(ec, asio::error::operation_aborted); });
        clock.run();
    }
    clock.hold(false);
    clock.run();

    EXPECT_EQ(seen.live(), 0u);
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(timeout_test, goes_on_elsewhere_when_a_context_that_waited_has_gone) {
    auto s = upstream().wait(1min).item(1).end() | timeout(10min);
    {
        asio::io_context gone;
        s.async_wait(asio::bind_executor(gone.get_executor(), [](error_code) { ADD_FAILURE(); }));
    }

    EXPECT_EQ(**next(clock, s).value, 1);
    EXPECT_EQ(clock.elapsed(), 1min);
}

} // namespace
} // namespace streamx::testing
