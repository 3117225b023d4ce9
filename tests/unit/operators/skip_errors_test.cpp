#include <streamx/operators/skip_errors.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streamx::testing {
namespace {

using number = streamx::result<int, std::string>;

struct skip_errors_test : ::testing::Test {
    asio::io_context ctx;
    script_source<number> upstream() { return script_source<number>(ctx.get_executor()); }
};

TEST_F(skip_errors_test, passes_on_the_values) {
    auto got = collect(
        ctx, upstream().item("a").item(1).pending().item("b").item(2).end() | skip_errors());

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_TRUE(got.ended);
}

TEST_F(skip_errors_test, fails_with_its_upstream_only) {
    auto got = collect(ctx, upstream().item("a").item(1).fail(asio::error::eof) | skip_errors());

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(skip_errors_test, goes_on_waiting_when_what_came_was_an_error) {
    auto s = upstream().item("a").pending().item("b").pending().item(3) | skip_errors();

    EXPECT_TRUE(s.try_next().is_pending());
    EXPECT_EQ(**next(ctx, s).value, 3);
}

TEST_F(skip_errors_test, is_pending_now_and_then_though_all_items_are_errors) {
    auto s = from_range(std::vector(100'000, number("bad"))) | skip_errors();

    EXPECT_TRUE(s.try_next().is_pending());
}

} // namespace
} // namespace streamx::testing
