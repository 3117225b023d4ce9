#include <streamx/operators/enumerate.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct enumerate_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(enumerate_test, numbers_the_items_from_0) {
    auto got = collect(ctx, from_range({'a', 'b'}) | enumerate());

    EXPECT_EQ(got.items, (std::vector<std::pair<std::size_t, char>>{{0, 'a'}, {1, 'b'}}));
}

TEST_F(enumerate_test, counts_items_and_not_attempts) {
    script_source<int> up(ctx.get_executor());
    up.item(7).pending().pending().item(8).end();

    EXPECT_EQ(collect(ctx, std::move(up) | enumerate()).items.back().first, 1u);
}

} // namespace
} // namespace streamx::testing
