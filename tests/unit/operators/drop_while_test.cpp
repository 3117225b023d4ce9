#include <streamx/operators/drop_while.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace streamx::testing {
namespace {

struct drop_while_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(drop_while_test, passes_on_all_from_the_first_item_that_fails) {
    auto s = from_range({1, 2, 3, 1}) | drop_while([](int i) { return i < 3; });

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{3, 1}));
}

TEST_F(drop_while_test, does_not_ask_again_once_it_has_begun) {
    int asked = 0;
    auto s = range(0, 9) | drop_while([&](int) { return ++asked < 3; });

    EXPECT_EQ(collect(ctx, std::move(s)).items.size(), 7u);
    EXPECT_EQ(asked, 3);
}

TEST_F(drop_while_test, fails_with_what_the_predicate_throws) {
    auto s = range(0, 9) | drop_while([](int i) {
                 if (i == 2)
                     throw std::runtime_error("the user's");
                 return true;
             });

    EXPECT_EQ(collect(ctx, s).what, "the user's");
    EXPECT_TRUE(collect(ctx, s).ended);
}

} // namespace
} // namespace streamx::testing
