#include <streamx/operators/default_if_empty.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <vector>

namespace streamx::testing {
namespace {

struct default_if_empty_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(default_if_empty_test, gives_the_default_for_no_items) {
    auto got = collect(ctx, upstream().pending().end() | default_if_empty(7));

    EXPECT_EQ(got.items, std::vector{7});
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.misuses(), 0u);
}

TEST_F(default_if_empty_test, gives_the_items_if_there_are_any) {
    EXPECT_EQ(collect(ctx, range(0, 2) | default_if_empty(7)).items, (std::vector{0, 1}));
}

TEST_F(default_if_empty_test, does_not_take_a_failure_for_no_items) {
    auto got = collect(ctx, upstream().fail(asio::error::eof) | default_if_empty(7));

    EXPECT_TRUE(got.items.empty());
    EXPECT_EQ(got.ec, asio::error::eof);
}

} // namespace
} // namespace streamx::testing
