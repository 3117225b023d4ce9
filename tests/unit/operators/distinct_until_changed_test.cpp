#include <streamx/operators/distinct_until_changed.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

struct distinct_until_changed_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(distinct_until_changed_test, drops_what_equals_the_item_before) {
    EXPECT_EQ(
        collect(ctx, from_range({1, 1, 2, 2, 1}) | distinct_until_changed()).items,
        (std::vector{1, 2, 1}));
}

TEST_F(distinct_until_changed_test, compares_keys_by_the_function_given) {
    auto near = [](std::size_t a, std::size_t b) { return a + 1 >= b; };
    auto s = from_range(std::vector<std::string>{"a", "bb", "cccc", "d"}) |
             distinct_until_changed(near, &std::string::size);

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector<std::string>{"a", "cccc"}));
}

} // namespace
} // namespace streamx::testing
