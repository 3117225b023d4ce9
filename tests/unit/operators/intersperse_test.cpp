#include <streamx/operators/intersperse.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <vector>

namespace streamx::testing {
namespace {

struct intersperse_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(intersperse_test, puts_the_separator_between_items_only) {
    EXPECT_EQ(collect(ctx, range(1, 4) | intersperse(0)).items, (std::vector{1, 0, 2, 0, 3}));
}

TEST_F(intersperse_test, puts_none_at_a_single_item_or_none) {
    EXPECT_EQ(collect(ctx, range(1, 2) | intersperse(0)).items, std::vector{1});
    EXPECT_TRUE(collect(ctx, range(1, 1) | intersperse(0)).items.empty());
}

TEST_F(intersperse_test, does_not_make_an_item_wait_behind_its_separator) {
    auto s = upstream().item(1).item(2).hang() | intersperse(0);
    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_EQ(*s.try_next(), 0);

    EXPECT_EQ(wait(ctx, s), error_code());
    EXPECT_EQ(*s.try_next(), 2);
}

} // namespace
} // namespace streamx::testing
