#include <streamx/operators/deadline.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/delay.hpp>
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

struct deadline_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(deadline_test, fails_when_the_end_is_not_reached_in_time) {
    auto got = collect(clock, upstream().item(1).item(2).item(3).end() | delay(4s) | deadline(10s));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_EQ(got.ec, asio::error::timed_out);
    EXPECT_EQ(clock.elapsed(), 10s);
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(deadline_test, counts_from_the_first_pull) {
    auto s = upstream().item(1).end() | delay(4s) | deadline(5s);
    clock.run_for(1h);

    EXPECT_TRUE(collect(clock, s).ended);
}

TEST_F(deadline_test, fails_also_where_items_are_ready) {
    auto s = upstream().item(1).item(2).end() | deadline(5s);
    EXPECT_EQ(**next(clock, s).value, 1);
    clock.run_for(5s);

    EXPECT_EQ(collect(clock, s).ec, asio::error::timed_out);
}

} // namespace
} // namespace streamx::testing
