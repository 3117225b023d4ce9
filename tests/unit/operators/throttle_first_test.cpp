#include <streamx/operators/throttle_first.hpp> // first, so this file also proves the header stands alone

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

struct throttle_first_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(throttle_first_test, drops_what_comes_within_the_window) {
    auto s = upstream().item(1).item(2).item(3).item(4).item(5).end();

    auto got = collect(clock, std::move(s) | delay(4s) | throttle_first(7s));

    EXPECT_EQ(got.items, (std::vector{1, 3, 5}));
}

TEST_F(throttle_first_test, the_window_begins_with_each_item_that_passes) {
    auto s = upstream().item(1).item(2).item(3).end() | throttle_first(10s);
    EXPECT_EQ(**next(clock, s).value, 1);
    clock.run_for(10s);
    EXPECT_EQ(**next(clock, s).value, 2);
    clock.run_for(9s);

    EXPECT_TRUE(collect(clock, s).items.empty());
}

} // namespace
} // namespace streamx::testing
