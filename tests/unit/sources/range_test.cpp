#include <streamx/sources/range.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/filter.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct range_test : ::testing::Test {
    asio::io_context ctx;

    template <class S>
    std::vector<item_t<S>> items(S s) {
        auto got = collect(ctx, std::move(s));
        EXPECT_TRUE(got.ended);
        return got.items;
    }
};

TEST_F(range_test, counts_from_the_first_up_to_and_not_including_the_last) {
    EXPECT_EQ(items(range(2, 5)), (std::vector{2, 3, 4}));
    EXPECT_EQ(items(range(-2, 1)), (std::vector{-2, -1, 0}));
}

TEST_F(range_test, is_empty_when_the_last_is_not_above_the_first) {
    EXPECT_EQ(items(range(3, 3)), std::vector<int>());
    EXPECT_EQ(items(range(5, 2)), std::vector<int>());
    EXPECT_EQ(items(range(2U, 0U)), std::vector<unsigned>());
}

TEST_F(range_test, its_first_argument_says_what_it_counts) {
    EXPECT_EQ(items(range(std::size_t(0), 2)), (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(items(range(std::int64_t(-1), 1)), (std::vector<std::int64_t>{-1, 0}));
    EXPECT_EQ(items(range('a', 'd')), (std::vector{'a', 'b', 'c'}));
}

TEST_F(range_test, goes_from_end_to_end_of_a_small_type) {
    using limits = std::numeric_limits<std::int8_t>;

    const auto all = items(range(limits::min(), limits::max()));

    EXPECT_EQ(all.size(), 255U);
    EXPECT_EQ(all.front(), limits::min());
    EXPECT_EQ(all.back(), limits::max() - 1);
}

TEST_F(range_test, does_not_run_over_at_the_limits_of_a_large_type) {
    using limits = std::numeric_limits<std::int64_t>;

    EXPECT_EQ(
        items(range(limits::max() - 2, limits::max())),
        (std::vector{limits::max() - 2, limits::max() - 1}));
    EXPECT_EQ(*range(limits::min(), limits::max()).try_next(), limits::min());
}

TEST_F(range_test, gives_each_number_once_across_its_pauses) {
    const auto all = items(range(0, 10'000));

    ASSERT_EQ(all.size(), 10'000U);
    for (int i = 0; i != 10'000; ++i)
        ASSERT_EQ(all[static_cast<std::size_t>(i)], i);
}

TEST_F(range_test, lets_others_run_where_an_operator_swallows_all_items) {
    bool stop = false;
    int asked = 0;
    auto nothing = range(0, 1'000'000) | filter([&](int) {
                       ++asked;
                       return stop;
                   });
    completion_probe<std::optional<int>> p;
    nothing.async_next(asio::bind_executor(ctx.get_executor(), p.handler()));
    asio::post(ctx, [&] { stop = true; });

    ctx.poll();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_LT(asked, 10'000);
}

TEST_F(range_test, has_no_executor_and_runs_on_its_handlers) {
    auto s = range(0, 1);
    static_assert(std::is_same_v<executor_t<decltype(s)>, no_executor>);
    auto strand = asio::make_strand(ctx);
    bool on_strand = false;

    s.async_next(asio::bind_executor(strand, [&](std::exception_ptr, std::optional<int>) {
        on_strand = strand.running_in_this_thread();
    }));
    ctx.poll();

    EXPECT_TRUE(on_strand);
}

} // namespace
} // namespace streamx::testing
