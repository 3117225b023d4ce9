#include <streamx/operators/drop.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace streamx::testing {
namespace {

struct drop_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(drop_test, drops_the_first_items_only) {
    auto s = upstream().item(1).pending().item(2).pending().item(3).item(4).end() | drop(2);

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{3, 4}));
}

TEST_F(drop_test, drops_all_when_there_are_no_more) {
    auto got = collect(ctx, range(0, 3) | drop(3));

    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(got.ended);
}

TEST_F(drop_test, of_more_than_a_budget_goes_on_where_it_was) {
    EXPECT_EQ(collect(ctx, range(0, 10'000) | drop(9'999)).items, std::vector{9'999});
}

TEST_F(drop_test, forwards_a_failure_among_what_it_drops) {
    EXPECT_EQ(
        collect(ctx, upstream().item(1).fail(asio::error::eof) | drop(9)).ec, asio::error::eof);
}

} // namespace
} // namespace streamx::testing
