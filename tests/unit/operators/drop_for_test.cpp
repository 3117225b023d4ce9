#include <streamx/operators/drop_for.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/delay.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/repeat.hpp>
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

struct drop_for_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(drop_for_test, drops_until_the_time_is_over) {
    auto got = collect(
        clock, upstream().item(1).item(2).item(3).item(4).end() | delay(4s) | drop_for(10s));

    EXPECT_EQ(got.items, (std::vector{3, 4}));
    EXPECT_EQ(clock.elapsed(), 16s);
}

TEST_F(drop_for_test, counts_from_the_first_pull) {
    auto s = upstream().item(1).end() | drop_for(10s);
    clock.run_for(1h);

    EXPECT_TRUE(collect(clock, s).items.empty());
}

TEST_F(drop_for_test, lets_others_run_while_it_drops) {
    auto s = repeat(1) | on(ctx) | drop_for(10s);

    EXPECT_TRUE(s.try_next().is_pending());
}

} // namespace
} // namespace streamx::testing
