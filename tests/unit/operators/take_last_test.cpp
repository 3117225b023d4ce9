#include <streamx/operators/take_last.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <vector>

namespace streamx::testing {
namespace {

struct take_last_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(take_last_test, gives_the_last_items_in_order) {
    EXPECT_EQ(collect(ctx, range(0, 9) | take_last(3)).items, (std::vector{6, 7, 8}));
}

TEST_F(take_last_test, gives_all_when_there_are_fewer) {
    EXPECT_EQ(collect(ctx, range(0, 2) | take_last(3)).items, (std::vector{0, 1}));
}

TEST_F(take_last_test, of_0_gives_nothing_and_runs_upstream_to_its_end) {
    auto got = collect(ctx, upstream().item(1).pending().item(2).end() | take_last(0));

    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(got.ended);
}

TEST_F(take_last_test, gives_nothing_but_the_failure_of_a_stream_that_fails) {
    auto got = collect(ctx, upstream().item(1).fail(asio::error::eof) | take_last(3));

    EXPECT_TRUE(got.items.empty());
    EXPECT_EQ(got.ec, asio::error::eof);
}

} // namespace
} // namespace streamx::testing
