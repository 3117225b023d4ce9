#include <streamx/operators/scan.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct scan_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(scan_test, gives_the_value_after_each_item_and_not_before_the_first) {
    auto got = collect(ctx, range(1, 5) | scan(10, std::plus<>()));

    EXPECT_EQ(got.items, (std::vector{11, 13, 16, 20}));
}

TEST_F(scan_test, gives_nothing_of_nothing) {
    EXPECT_TRUE(collect(ctx, range(0, 0) | scan(10, std::plus<>())).items.empty());
}

TEST_F(scan_test, may_combine_to_another_type) {
    auto s = range(1, 4) |
             scan(std::string(), [](std::string text, int i) { return text + std::to_string(i); });

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector<std::string>{"1", "12", "123"}));
}

} // namespace
} // namespace streamx::testing
