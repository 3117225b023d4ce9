#include <streamx/core/detail/each_ready.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/flat_map.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/operators/zip.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <list>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace streamx::testing {
namespace {

using detail::each_ready;
using detail::halt;

/// Takes so many items and then wants no more.
struct taking {
    template <class Item>
    bool operator()(Item&&) {
        return ++taken != most;
    }
    std::size_t most = std::numeric_limits<std::size_t>::max();
    std::size_t taken = 0;
};

TEST(each_ready_test, ends_a_run_when_the_budget_is_spent_and_goes_on_from_there) {
    auto by_itself = range(0, 2000);
    auto by_index = from_range(std::vector<int>(2000));
    auto by_iterator = from_range(std::list<int>(2000));
    auto check = [](auto& s) {
        taking t;
        EXPECT_EQ(each_ready(s, t), halt::spent);
        EXPECT_EQ(t.taken, detail::budget);
        EXPECT_EQ(each_ready(s, t), halt::end);
        EXPECT_EQ(t.taken, 2000u);
    };

    check(by_itself);
    check(by_index);
    check(by_iterator);
}

TEST(each_ready_test, spends_the_budget_on_what_comes_of_an_item_too) {
    auto s = range(0, 1000) | flat_map([](int) { return std::vector<int>(1000); });
    taking t;

    EXPECT_EQ(each_ready(s, t), halt::spent);
    EXPECT_LE(t.taken, 2 * detail::budget);
}

TEST(each_ready_test, stops_when_no_more_is_wanted_and_leaves_the_rest) {
    auto s = range(0, 9);
    taking t{3};

    EXPECT_EQ(each_ready(s, t), halt::asked);
    EXPECT_EQ(*s.try_next(), 3);
}

TEST(each_ready_test, stops_in_the_middle_of_a_container_and_leaves_the_rest) {
    auto s = range(5, 7) | flat_map([](int i) { return std::vector{i, 10 * i}; });
    taking t{1};

    EXPECT_EQ(each_ready(s, t), halt::asked);
    EXPECT_EQ(*s.try_next(), 50);
    EXPECT_EQ(*s.try_next(), 6);
}

TEST(each_ready_test, asks_a_stream_one_by_one_that_has_no_way_of_its_own) {
    asio::io_context ctx;
    auto s = script_source<int>(ctx.get_executor()).item(1).item(2).hang();
    taking t;

    EXPECT_EQ(each_ready(s, t), halt::pending);
    EXPECT_EQ(t.taken, 2u);
}

TEST(each_ready_test, keeps_the_half_of_a_row_whose_other_half_is_not_there_yet) {
    asio::io_context ctx;
    auto s =
        zip(range(0, 9), script_source<int>(ctx.get_executor()).item(7).pending().item(8).hang());
    taking t;

    EXPECT_EQ(each_ready(s, t), halt::pending);
    EXPECT_EQ(t.taken, 1u);
    s.async_wait([](error_code) {});
    ctx.poll();
    EXPECT_EQ(s.try_next().to_optional(), std::optional(std::tuple(1, 8)));
}

TEST(each_ready_test, is_over_when_enough_was_taken) {
    auto s = range(0, 9) | take(2);
    taking t;

    EXPECT_EQ(each_ready(s, t), halt::end);
    EXPECT_EQ(t.taken, 2u);
}

TEST(each_ready_test, passes_on_what_is_thrown_and_counts_no_item_twice) {
    auto s = range(0, 9);
    auto take = [](int i) { return i == 2 ? throw std::runtime_error("boom") : true; };

    EXPECT_THROW(each_ready(s, take), std::runtime_error);
    EXPECT_EQ(*s.try_next(), 3);
}

} // namespace
} // namespace streamx::testing
