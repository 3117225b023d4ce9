#include <streamx/operators/filter_map.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

struct filter_map_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(filter_map_test, gives_what_the_function_makes_where_it_makes_something) {
    auto s = range(0, 6) | filter_map([](int i) {
                 return i % 2 ? std::optional(std::to_string(i)) : std::nullopt;
             });

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector<std::string>{"1", "3", "5"}));
}

TEST_F(filter_map_test, takes_a_pointer_for_what_may_be_nothing) {
    const std::vector known{10, 20};
    auto s = range(0, 3) | filter_map([&](int i) { return i < 2 ? &known[1 - i] : nullptr; });

    static_assert(std::is_same_v<item_t<decltype(s)>, int>);
    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{20, 10}));
}

TEST_F(filter_map_test, ends_when_nothing_is_made_of_anything) {
    auto got = collect(ctx, range(0, 5000) | filter_map([](int) { return std::optional<int>(); }));

    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(got.ended);
}

} // namespace
} // namespace streamx::testing
