#include <streamx/operators/take.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/operators/yield_every.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct take_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(take_test, passes_on_the_first_items_and_ends) {
    auto got = collect(ctx, upstream().item(1).pending().item(2).item(3).hang() | take(2));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_TRUE(got.ended);
}

TEST_F(take_test, ends_early_with_upstream) {
    auto got = collect(ctx, upstream().item(1).end() | take(9));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(take_test, of_none_ends_at_once_and_never_asks_upstream) {
    auto got = collect(ctx, upstream().item(1) | take(0));

    EXPECT_EQ(got.items, std::vector<int>());
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.pulls(), 0U);
    EXPECT_EQ(seen.waits(), 0U);
}

TEST_F(take_test, never_asks_upstream_for_one_more_than_it_takes) {
    collect(ctx, upstream().item(1).item(2).item(3) | take(2));

    EXPECT_EQ(seen.pulls(), 2U);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(take_test, what_comes_after_is_left_for_other_receivers) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 3);
    for (int i : {1, 2, 3})
        tx.try_send(i);

    auto got = collect(ctx, rx | take(2));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_EQ(*rx.try_next(), 3);
}

TEST_F(take_test, does_not_count_a_gap) {
    auto got = collect(ctx, upstream().pending().item(1).pending().item(2) | take(2));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
}

TEST_F(take_test, forwards_an_upstream_error_that_comes_in_time) {
    EXPECT_EQ(
        collect(ctx, upstream().item(1).fail(asio::error::eof) | take(2)).ec, asio::error::eof);
    EXPECT_TRUE(collect(ctx, upstream().item(1).fail(asio::error::eof) | take(1)).ended);
}

TEST_F(take_test, takes_any_count) {
    auto s = upstream().item(1).end() | take(std::numeric_limits<std::size_t>::max());

    EXPECT_EQ(collect(ctx, std::move(s)).items, std::vector{1});
}

TEST_F(take_test, a_wait_after_its_last_item_does_not_wait_for_upstream) {
    auto got = collect(ctx, upstream().item(1).item(2).hang() | take(2) | yield_every(2));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_TRUE(got.ended);
}

} // namespace
} // namespace streamx::testing
