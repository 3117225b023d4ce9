#include <streamx/sources/after.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct after_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
};

TEST_F(after_test, gives_one_item_so_long_after_the_first_pull_and_ends) {
    auto s = after(ctx.get_executor(), 10min);
    clock.run_for(1min);

    auto got = collect(clock, s);

    EXPECT_EQ(got.items, std::vector<std::size_t>{0});
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(clock.elapsed(), 11min);
}

TEST_F(after_test, gives_its_item_at_once_if_there_is_nothing_to_wait_for) {
    EXPECT_EQ(collect(clock, after(ctx.get_executor(), 0s)).items.size(), 1u);
    EXPECT_EQ(clock.elapsed(), 0s);
}

} // namespace
} // namespace streamx::testing
