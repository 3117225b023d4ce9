#include <streamx/operators/take_for.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/delay.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct take_for_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(take_for_test, ends_when_the_time_is_over) {
    auto got = collect(clock, upstream().item(1).item(2).item(3).end() | delay(4s) | take_for(10s));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(clock.elapsed(), 10s);
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(take_for_test, ends_with_upstream_before) {
    EXPECT_EQ(collect(clock, upstream().item(1).end() | take_for(10s)).items, std::vector{1});
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(take_for_test, for_no_time_it_takes_nothing) {
    EXPECT_TRUE(collect(clock, upstream().item(1).end() | take_for(0s)).items.empty());
    EXPECT_EQ(seen.pulls(), 0u);
}

} // namespace
} // namespace streamx::testing
