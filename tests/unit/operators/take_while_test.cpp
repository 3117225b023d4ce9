#include <streamx/operators/take_while.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <vector>

namespace streamx::testing {
namespace {

struct take_while_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(take_while_test, ends_at_the_first_item_that_fails_and_leaves_the_rest_upstream) {
    auto s = upstream().item(1).item(5).item(1).end() | take_while([](int i) { return i < 3; });

    auto got = collect(ctx, std::move(s));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.pulls(), 2u);
}

TEST_F(take_while_test, gives_all_when_none_fails) {
    EXPECT_EQ(collect(ctx, range(0, 3) | take_while([](int) { return true; })).items.size(), 3u);
}

} // namespace
} // namespace streamx::testing
