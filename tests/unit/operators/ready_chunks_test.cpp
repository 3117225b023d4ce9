#include <streamx/operators/ready_chunks.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/operators/yield_every.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using vectors = std::vector<std::vector<int>>;

struct ready_chunks_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(ready_chunks_test, gives_what_is_ready_up_to_the_limit) {
    auto s = upstream().item(1).item(2).item(3).pending().item(4).pending().item(5).item(6).end() |
             ready_chunks(2);

    auto got = collect(ctx, std::move(s));

    EXPECT_EQ(got.items, (vectors{{1, 2}, {3}, {4}, {5, 6}}));
    EXPECT_TRUE(got.ended);
}

TEST_F(ready_chunks_test, gives_bigger_ones_the_longer_nobody_pulled) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    auto s = std::move(rx) | ready_chunks(8);
    tx.try_send(1);
    EXPECT_EQ(**next(ctx, s).value, std::vector{1});
    for (int i : {2, 3, 4})
        tx.try_send(i);

    EXPECT_EQ(**next(ctx, s).value, (std::vector{2, 3, 4}));
}

TEST_F(ready_chunks_test, is_pending_and_never_empty_when_nothing_is_ready) {
    auto s = upstream().hang() | ready_chunks(2);

    EXPECT_TRUE(s.try_next().is_pending());
}

TEST_F(ready_chunks_test, holds_nothing_between_two_pulls) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 8);
    auto other = rx;
    auto s = std::move(rx) | ready_chunks(2);
    for (int i : {1, 2, 3})
        tx.try_send(i);

    EXPECT_EQ(*s.try_next(), (std::vector{1, 2}));

    EXPECT_EQ(*other.try_next(), 3);
}

TEST_F(ready_chunks_test, gives_what_came_before_the_end_and_asks_no_more) {
    auto got = collect(ctx, upstream().item(1).end() | ready_chunks(9) | yield_every(1));

    EXPECT_EQ(got.items, (vectors{{1}}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(ready_chunks_test, gives_what_came_before_a_failure_and_then_the_failure_once) {
    auto s = upstream().item(1).item(2).item(3).fail(asio::error::eof) | ready_chunks(2);

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (vectors{{1, 2}, {3}}));
    EXPECT_EQ(got.ec, asio::error::eof);
    EXPECT_TRUE(collect(ctx, s).ended);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(ready_chunks_test, refuses_a_limit_of_0_and_names_the_parameter) {
    std::string what;
    try {
        (void)ready_chunks(0);
    } catch (const std::invalid_argument& e) {
        what = e.what();
    }

    EXPECT_EQ(what, "ready_chunks: limit must be at least 1");
}

} // namespace
} // namespace streamx::testing
