#include <streamx/operators/parallel.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/any_stream.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_collect.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace streamx::testing {
namespace {

struct parallel_test : ::testing::Test {
    asio::io_context ctx;
    asio::io_context workers; // a pool whose threads are the test
    observer seen;

    script_source<int> items(int n) {
        script_source<int> s(ctx.get_executor(), seen);
        for (int i = 1; i <= n; ++i)
            s.item(i);
        return s;
    }
};

TEST_F(parallel_test, runs_the_function_on_the_pool_and_gives_the_results_in_order) {
    asio::thread_pool pool(2);
    const auto here = std::this_thread::get_id();
    auto squares = async_collect(
        range(0, 2000) | on(asio::make_strand(pool)) |
            parallel(
                4,
                pool,
                [here](int i) {
                    EXPECT_NE(std::this_thread::get_id(), here);
                    return i * 2;
                }),
        asio::use_future);
    const auto got = squares.get();

    ASSERT_EQ(got.size(), 2000U);
    for (int i = 0; i != 2000; ++i)
        EXPECT_EQ(got[static_cast<std::size_t>(i)], 2 * i);
    pool.join();
}

TEST_F(parallel_test, runs_as_many_at_once_as_there_are_threads) {
    asio::thread_pool pool(2);
    std::latch both(2);
    auto met = async_collect(
        range(0, 2) | on(asio::make_strand(pool.get_executor())) |
            parallel(
                2,
                pool.get_executor(),
                [&](int i) {
                    both.arrive_and_wait(); // would not come back if one waited for the other
                    return i;
                }),
        asio::use_future);

    EXPECT_EQ(met.get(), (std::vector{0, 1}));
    pool.join();
}

TEST_F(parallel_test, unordered_gives_all_results) {
    asio::thread_pool pool(2);
    auto all = async_collect(
        range(0, 500) | on(asio::make_strand(pool)) |
            parallel_unordered(8, pool, [](int i) { return i; }),
        asio::use_future);
    auto got = all.get();
    std::ranges::sort(got);

    std::vector<int> expected(500);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(got, expected);
    pool.join();
}

TEST_F(parallel_test, what_the_function_throws_leaves_out_what_has_not_begun) {
    std::vector<int> called;
    auto s = any_stream<int>(items(9).hang() | parallel(4, workers, [&](int i) {
                                 called.push_back(i);
                                 return i != 2 ? i : throw std::runtime_error("boom");
                             }));
    EXPECT_TRUE(collect(ctx, s).hung);
    workers.poll_one();
    workers.poll_one();
    EXPECT_EQ(collect(ctx, s).items, (std::vector{1}));
    workers.poll();
    auto got = collect(ctx, s);

    EXPECT_EQ(got.what, "boom");
    EXPECT_EQ(called, (std::vector{1, 2}));
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(parallel_test, destroyed_it_leaves_out_what_has_not_begun) {
    int called = 0;
    std::optional s(any_stream<int>(
        items(3).hang() | parallel_unordered(2, workers, [&](int i) { return called += i; })));
    EXPECT_TRUE(collect(ctx, *s).hung);

    s.reset();
    workers.poll();

    EXPECT_EQ(called, 0);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(parallel_test, a_pool_that_goes_fails_it) {
    std::optional<asio::io_context> going(std::in_place);
    auto s = any_stream<int>(items(1).end() | parallel(2, *going, [](int i) { return i; }));
    EXPECT_TRUE(collect(ctx, s).hung);

    going.reset();

    EXPECT_EQ(collect(ctx, s).ec, asio::error::operation_aborted);
}

TEST_F(parallel_test, a_function_without_a_result_makes_an_item_of_nothing) {
    auto s = items(2).end() | parallel(1, ctx, [](int) {});
    static_assert(std::same_as<item_t<decltype(s)>, std::monostate>);

    EXPECT_EQ(collect(ctx, std::move(s)).items.size(), 2U);
}

TEST_F(parallel_test, refuses_to_do_nothing_at_a_time) {
    EXPECT_THROW((void)parallel(0, ctx, [](int i) { return i; }), std::invalid_argument);
    EXPECT_THROW((void)parallel_unordered(0, ctx, [](int i) { return i; }), std::invalid_argument);
}

} // namespace
} // namespace streamx::testing
