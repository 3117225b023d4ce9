#include <streamx/operators/delay.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

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

struct delay_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(delay_test, holds_each_item_for_so_long) {
    auto s = upstream().item(1).item(2).item(3).end() | delay(10min);
    for (int i = 1; i <= 3; ++i) {
        EXPECT_EQ(**next(clock, s).value, i);
        EXPECT_EQ(clock.elapsed(), i * 10min);
    }

    EXPECT_TRUE(collect(clock, s).ended);
    EXPECT_EQ(clock.elapsed(), 30min);
}

TEST_F(delay_test, takes_no_item_while_it_holds_one) {
    auto s = upstream().item(1).item(2).end() | delay(10s);
    clock.hold();

    EXPECT_EQ(next(clock, s).calls, 0);

    EXPECT_EQ(seen.items(), 1u);
}

TEST_F(delay_test, counts_from_when_the_item_came_and_not_from_when_it_is_waited_for) {
    auto s = upstream().item(1).end() | delay(10s);
    clock.hold();
    next_cancelled(clock, s, asio::cancellation_type::total);
    clock.hold(false);
    clock.run_for(8s);

    auto moved = std::move(s);

    EXPECT_EQ(collect(clock, moved).items, std::vector{1});
    EXPECT_EQ(clock.elapsed(), 10s);
}

TEST_F(delay_test, a_failure_is_not_delayed) {
    auto got = collect(clock, upstream().item(1).fail(asio::error::eof) | delay(10s));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::eof);
    EXPECT_EQ(clock.elapsed(), 10s);
}

} // namespace
} // namespace streamx::testing
