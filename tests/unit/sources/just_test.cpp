#include <streamx/sources/just.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct just_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(just_test, gives_its_item_and_ends) {
    auto got = collect(ctx, just(7));

    EXPECT_EQ(got.items, std::vector{7});
    EXPECT_TRUE(got.ended);
}

TEST_F(just_test, gives_several_in_their_order) {
    EXPECT_EQ(collect(ctx, just(3, 1, 2)).items, (std::vector{3, 1, 2}));
}

TEST_F(just_test, moves_its_items) {
    auto s = just(move_only_item(1), move_only_item(2));

    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_EQ(*s.try_next(), 2);
    EXPECT_TRUE(s.try_next().is_end());
}

TEST_F(just_test, a_copy_starts_where_the_original_is) {
    auto s = just(1, 2);
    EXPECT_EQ(*s.try_next(), 1);
    auto copy = s;

    EXPECT_EQ(*s.try_next(), 2);
    EXPECT_EQ(*copy.try_next(), 2);
}

} // namespace
} // namespace streamx::testing
