#include <streamx/operators/drop_last.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <vector>

namespace streamx::testing {
namespace {

struct drop_last_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(drop_last_test, gives_all_but_the_last_items) {
    EXPECT_EQ(collect(ctx, range(0, 5) | drop_last(2)).items, (std::vector{0, 1, 2}));
}

TEST_F(drop_last_test, gives_nothing_when_there_are_no_more) {
    EXPECT_TRUE(collect(ctx, range(0, 2) | drop_last(2)).items.empty());
}

TEST_F(drop_last_test, gives_an_item_as_soon_as_it_cannot_be_among_the_last) {
    auto s = upstream().item(1).item(2).hang() | drop_last(1);

    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_TRUE(s.try_next().is_pending());
}

TEST_F(drop_last_test, fails_with_its_upstream) {
    auto got = collect(ctx, upstream().item(1).item(2).fail(asio::error::eof) | drop_last(1));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::eof);
}

} // namespace
} // namespace streamx::testing
