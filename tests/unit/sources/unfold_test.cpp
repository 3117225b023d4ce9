#include <streamx/sources/unfold.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct unfold_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(unfold_test, makes_items_from_a_state_until_there_is_none) {
    auto powers = unfold(1, [](int& n) { return n < 9 ? std::optional(n *= 2) : std::nullopt; });

    auto got = collect(ctx, std::move(powers));

    EXPECT_EQ(got.items, (std::vector{2, 4, 8, 16}));
    EXPECT_TRUE(got.ended);
}

TEST_F(unfold_test, the_state_may_be_anything_that_can_be_moved) {
    auto s = unfold(move_only_item(7), [](move_only_item& state) {
        return std::optional(std::exchange(state, move_only_item(8)));
    });

    EXPECT_EQ(*s.try_next(), 7);
    EXPECT_EQ(*s.try_next(), 8);
}

TEST_F(unfold_test, fails_with_what_the_function_throws) {
    auto got = collect(ctx, unfold(0, [](int& n) {
                           return n == 2 ? throw std::runtime_error("boom") : std::optional(n++);
                       }));

    EXPECT_EQ(got.items, (std::vector{0, 1}));
    EXPECT_EQ(got.what, "boom");
}

TEST_F(unfold_test, calls_the_function_no_more_after_the_end) {
    int calls = 0;
    auto s = unfold(0, [&](int) {
        ++calls;
        return std::optional<int>();
    });

    EXPECT_TRUE(collect(ctx, s).ended);
    EXPECT_TRUE(collect(ctx, s).ended);

    EXPECT_EQ(calls, 1);
}

} // namespace
} // namespace streamx::testing
