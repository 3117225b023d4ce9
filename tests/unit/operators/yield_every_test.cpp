#include <streamx/operators/yield_every.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_for_each.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct yield_every_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(yield_every_test, passes_all_items_on) {
    auto got = collect(ctx, upstream().item(1).item(2).pending().item(3).end() | yield_every(2));

    EXPECT_EQ(got.items, (std::vector{1, 2, 3}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(yield_every_test, is_pending_once_after_so_many_items_in_a_row) {
    auto s = range(1, 9) | yield_every(2);

    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_EQ(*s.try_next(), 2);
    EXPECT_TRUE(s.try_next().is_pending());
    EXPECT_EQ(*s.try_next(), 3);
}

TEST_F(yield_every_test, counts_anew_after_a_pause_of_upstream) {
    auto s = upstream().item(1).pending().item(2).item(3).item(4) | yield_every(2);
    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_TRUE(s.try_next().is_pending());

    EXPECT_EQ(**next(ctx, s).value, 2);
    EXPECT_EQ(*s.try_next(), 3);
    EXPECT_TRUE(s.try_next().is_pending());
}

TEST_F(yield_every_test, lets_others_run_in_between) {
    std::vector<int> order;
    async_for_each(
        range(1, 5) | yield_every(2) | on(ctx),
        [&](int i) {
            order.push_back(i);
            asio::post(ctx, [&, i] { order.push_back(10 * i); });
        },
        completion_probe<>().handler());

    ctx.poll();

    EXPECT_EQ(order, (std::vector{1, 2, 10, 20, 3, 4, 30, 40}));
}

TEST_F(yield_every_test, forwards_a_failure_right_after_a_pause) {
    auto s = upstream().item(1).fail(asio::error::eof) | yield_every(1);

    auto got = collect(ctx, std::move(s));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(yield_every_test, refuses_a_budget_of_0_and_names_the_parameter) {
    std::string what;
    try {
        (void)yield_every(0);
    } catch (const std::invalid_argument& e) {
        what = e.what();
    }

    EXPECT_EQ(what, "yield_every: budget must be at least 1");
}

} // namespace
} // namespace streamx::testing
