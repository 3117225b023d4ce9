#include <streamx/operators/concat.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/core/any_stream.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct concat_test : ::testing::Test {
    asio::io_context ctx;
    observer first;
    observer second;
    script_source<int> one() { return script_source<int>(ctx.get_executor(), first); }
    script_source<int> two() { return script_source<int>(ctx.get_executor(), second); }
};

TEST_F(concat_test, gives_all_items_of_one_and_then_of_the_next) {
    auto got =
        collect(ctx, concat(one().item(1).pending().item(2).end(), range(3, 5), two().end()));

    EXPECT_EQ(got.items, (std::vector{1, 2, 3, 4}));
    EXPECT_TRUE(got.ended);
}

TEST_F(concat_test, of_one_is_that_one) {
    EXPECT_EQ(collect(ctx, concat(range(0, 2))).items, (std::vector{0, 1}));
}

TEST_F(concat_test, releases_a_stream_before_it_asks_the_next) {
    auto s = concat(one().item(1).end(), two().item(2).hang());
    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_EQ(first.live(), 1U);
    EXPECT_EQ(second.pulls(), 0U);

    EXPECT_EQ(*s.try_next(), 2);

    EXPECT_EQ(first.live(), 0U);
    EXPECT_EQ(second.live(), 1U);
    EXPECT_EQ(first.misuses(), 0U);
}

TEST_F(concat_test, a_failure_ends_it_and_those_after_it_are_never_asked) {
    auto s = concat(one().item(1).fail(asio::error::eof), two().item(2));

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::eof);
    EXPECT_EQ(second.pulls(), 0U);
    EXPECT_EQ(second.live(), 0U);
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(concat_test, joins_any_number_of_one_type) {
    std::vector<any_stream<int>> streams;
    streams.emplace_back(one().item(1).end());
    streams.emplace_back(range(2, 4) | on(ctx));
    streams.emplace_back(two().item(4).end());

    auto got = collect(ctx, concat(std::move(streams)));

    EXPECT_EQ(got.items, (std::vector{1, 2, 3, 4}));
    EXPECT_TRUE(got.ended);
}

TEST_F(concat_test, of_none_ends_at_once) {
    auto s = concat(std::vector<any_stream<int>>());
    completion_probe<> p;
    s.async_wait(asio::bind_executor(ctx, p.handler()));
    ctx.poll();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_TRUE(collect(ctx, std::move(s)).ended);
}

TEST_F(concat_test, waits_for_the_one_whose_turn_it_is) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto s = concat(std::move(rx), two().item(2));
    completion_probe<> p;
    s.async_wait(p.handler());
    ctx.poll();
    EXPECT_EQ(p.calls(), 0);

    tx.try_send(1);
    ctx.restart();
    ctx.poll();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_EQ(second.waits(), 0U);
}

TEST_F(concat_test, runs_on_the_first_executor_that_there_is) {
    auto s = concat(range(0, 1), one().end());
    completion_probe<> p;
    s.async_wait(p.handler());
    ctx.poll();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_EQ(s.get_executor(), asio::any_io_executor(ctx.get_executor()));
}

TEST_F(concat_test, each_part_completes_on_the_executor_of_the_whole) {
    asio::io_context other;
    auto [tx, rx] = make_channel<int>(other.get_executor(), 1);
    auto s = concat(one().end(), std::move(rx));
    completion_probe<> waited;
    EXPECT_TRUE(s.try_next().is_pending());
    s.async_wait(waited.handler());
    tx.try_send(7);

    ctx.poll();

    EXPECT_EQ(waited.calls(), 1);
}

} // namespace
} // namespace streamx::testing
