#include <streamx/operators/distinct.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/map.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct distinct_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(distinct_test, drops_what_was_there_before) {
    EXPECT_EQ(
        collect(ctx, from_range({1, 2, 1, 3, 2}) | distinct(9)).items, (std::vector{1, 2, 3}));
}

TEST_F(distinct_test, forgets_the_oldest_beyond_its_limit) {
    EXPECT_EQ(
        collect(ctx, from_range({1, 2, 1, 3, 2, 1, 3}) | distinct(2)).items,
        (std::vector{1, 2, 3, 1}));
}

TEST_F(distinct_test, remembers_exactly_so_many) {
    auto twice = range(0, 200) | map([](int i) { return i % 100; });

    EXPECT_EQ(collect(ctx, twice | distinct(100)).items.size(), 100u);
    EXPECT_EQ(collect(ctx, twice | distinct(99)).items.size(), 200u);
}

TEST_F(distinct_test, compares_by_key_what_only_moves) {
    std::vector<std::unique_ptr<int>> items;
    for (int i : {1, 2, 1})
        items.push_back(std::make_unique<int>(i));
    auto s = from_range(std::move(items)) | distinct(9, [](const auto& p) { return *p; });

    EXPECT_EQ(collect(ctx, std::move(s)).items.size(), 2u);
}

TEST_F(distinct_test, refuses_a_limit_of_0_and_names_the_parameter) {
    try {
        static_cast<void>(distinct(0));
        FAIL() << "accepted";
    } catch (const std::invalid_argument& e) {
        EXPECT_EQ(std::string(e.what()), "distinct: limit must be at least 1");
    }
}

} // namespace
} // namespace streamx::testing
