#include <streamx/core/detail/inputs.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/map.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct inputs_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(inputs_test, of_different_types_are_pulled_by_index) {
    detail::alike_input_tuple inputs(range(5, 6), upstream().item(7), range(0, 0));

    EXPECT_EQ(inputs.size(), 3U);
    EXPECT_EQ(*inputs.try_next(1), 7);
    EXPECT_EQ(*inputs.try_next(0), 5);
    EXPECT_TRUE(inputs.try_next(2).is_end());
}

TEST_F(inputs_test, of_different_types_have_the_first_executor_that_is_one) {
    detail::input_tuple inputs(range(0, 1), upstream());
    detail::input_tuple none(range(0, 1), range(0, 1));

    EXPECT_EQ(inputs.get_executor(), asio::any_io_executor(ctx.get_executor()));
    static_assert(std::is_same_v<decltype(none)::executor_type, no_executor>);
}

TEST_F(inputs_test, a_visit_reaches_the_one_input_and_can_release_it) {
    detail::alike_input_tuple inputs(upstream(), range(0, 1), upstream());
    EXPECT_EQ(seen.live(), 2U);

    inputs.visit(2, [](auto& input, auto) { input.reset(); });

    EXPECT_EQ(seen.live(), 1U);
    EXPECT_EQ(*inputs.try_next(1), 0);
    EXPECT_TRUE(inputs.try_next(0).is_end());
}

TEST_F(inputs_test, of_one_type_are_pulled_and_released_by_index) {
    std::vector<script_source<int>> scripts;
    scripts.push_back(upstream().item(1));
    scripts.push_back(upstream().item(2));
    detail::input_list inputs(std::move(scripts));

    EXPECT_EQ(inputs.size(), 2U);
    EXPECT_EQ(*inputs.try_next(1), 2);
    inputs.visit(1, [](auto& input, auto) { input.reset(); });
    EXPECT_EQ(seen.live(), 1U);
    EXPECT_EQ(*inputs.try_next(0), 1);
    EXPECT_EQ(inputs.get_executor(), asio::any_io_executor(ctx.get_executor()));
}

TEST_F(inputs_test, none_at_all_have_an_executor_all_the_same) {
    detail::input_list<script_source<int>> none({});

    EXPECT_EQ(none.size(), 0U);
    EXPECT_TRUE(none.get_executor());
}

} // namespace
} // namespace streamx::testing
