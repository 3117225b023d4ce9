#include <streamx/operators/chunk_by.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

struct chunk_by_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    using chunks = std::vector<std::vector<int>>;
};

TEST_F(chunk_by_test, gathers_neighbours_that_belong_together) {
    auto got = collect(ctx, from_range({1, 1, 2, 1}) | chunk_by(std::equal_to<>(), 9));

    EXPECT_EQ(got.items, (chunks{{1, 1}, {2}, {1}}));
}

TEST_F(chunk_by_test, asks_about_each_item_and_the_one_before_it) {
    auto got = collect(
        ctx, from_range({1, 2, 4, 5, 7}) | chunk_by([](int a, int b) { return a + 1 == b; }, 9));

    EXPECT_EQ(got.items, (chunks{{1, 2}, {4, 5}, {7}}));
}

TEST_F(chunk_by_test, gives_a_chunk_that_has_reached_the_limit_and_goes_on) {
    EXPECT_EQ(
        collect(ctx, from_range({1, 1, 1, 2}) | chunk_by(std::equal_to<>(), 2)).items,
        (chunks{{1, 1}, {1}, {2}}));
    EXPECT_EQ(
        collect(ctx, from_range({1, 1, 2}) | chunk_by(std::equal_to<>(), 1)).items,
        (chunks{{1}, {1}, {2}}));
}

TEST_F(chunk_by_test, gives_what_came_before_a_failure_and_then_fails) {
    auto s = upstream().item(1).item(1).fail(asio::error::eof) | chunk_by(std::equal_to<>(), 9);

    auto got = collect(ctx, std::move(s));

    EXPECT_EQ(got.items, (chunks{{1, 1}}));
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(chunk_by_test, gives_what_came_before_a_throw_of_the_function_and_then_fails) {
    auto s =
        range(0, 9) |
        chunk_by([](int, int b) { return b == 2 ? throw std::runtime_error("boom") : true; }, 9);

    auto got = collect(ctx, std::move(s));

    EXPECT_EQ(got.items, (chunks{{0, 1}}));
    EXPECT_EQ(got.what, "boom");
}

TEST_F(chunk_by_test, keeps_an_unfinished_chunk_over_a_gap) {
    auto s = upstream().item(1).pending().item(1).pending().item(2).end() |
             chunk_by(std::equal_to<>(), 9);

    EXPECT_EQ(collect(ctx, std::move(s)).items, (chunks{{1, 1}, {2}}));
}

TEST_F(chunk_by_test, refuses_a_limit_of_0_and_names_the_parameter) {
    try {
        static_cast<void>(chunk_by(std::equal_to<>(), 0));
        FAIL() << "accepted";
    } catch (const std::invalid_argument& e) {
        EXPECT_EQ(std::string(e.what()), "chunk_by: limit must be at least 1");
    }
}

} // namespace
} // namespace streamx::testing
