#include <streamx/operators/start_with.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

struct start_with_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(start_with_test, gives_its_own_items_first) {
    EXPECT_EQ(collect(ctx, range(2, 4) | start_with(0, 1)).items, (std::vector{0, 1, 2, 3}));
}

TEST_F(start_with_test, converts_to_the_type_of_the_stream) {
    auto s = from_range({std::string("b")}) | start_with("a");

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector<std::string>{"a", "b"}));
}

TEST_F(start_with_test, does_not_wait_for_upstream_before_that) {
    auto s = upstream().hang() | start_with(1, 2);

    EXPECT_EQ(wait(ctx, s), error_code());
    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_EQ(*s.try_next(), 2);
    EXPECT_EQ(wait(ctx, s), std::nullopt);
    EXPECT_EQ(seen.pulls(), 0u);
}

TEST_F(start_with_test, takes_items_that_only_move) {
    auto s = from_range(std::vector<std::unique_ptr<int>>()) | start_with(std::make_unique<int>(7));

    EXPECT_EQ(*collect(ctx, std::move(s)).items.at(0), 7);
}

} // namespace
} // namespace streamx::testing
