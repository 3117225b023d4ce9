#include <streamx/operators/map_async_unordered.hpp> // first: it stands alone

#include <streamx/core/any_stream.hpp>
#include <streamx/operators/filter_async.hpp>
#include <streamx/operators/inspect.hpp>
#include <streamx/operators/map_async_keyed.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_count.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>
#include <streamx/time/sleep_for.hpp>
#include <unit/operators/desk.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

// Allocations are counted, but for under the thread sanitizer, which has these functions itself.
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
#define STREAMX_TEST_COUNTS_NOTHING
#endif
#endif

namespace {
std::atomic<std::size_t> allocations = 0;
}

#ifndef STREAMX_TEST_COUNTS_NOTHING
void* operator new(std::size_t n) {
    ++allocations;
    if (void* p = std::malloc(n))
        return p;
    throw std::bad_alloc();
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t n) noexcept { // Asio's
    ++allocations;
    void* p = nullptr;
    return posix_memalign(&p, alignment, n) == 0 ? p : nullptr;
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
#endif

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

// What is different from map_async where the results come as they are made.
struct map_async_order_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    desk work{ctx};

    script_source<int> items(int n) {
        script_source<int> s(ctx.get_executor(), seen);
        for (int i = 1; i <= n; ++i)
            s.item(i);
        return s;
    }
    any_stream<int> by_parity(int n) {
        return any_stream<int>(
            items(n).end() | map_async_keyed(4, [](int i) { return i % 2; }, std::ref(work)));
    }
};

TEST_F(map_async_order_test, unordered_gives_the_results_as_they_come) {
    auto s = any_stream<int>(items(3).end() | map_async_unordered(3, std::ref(work)));
    EXPECT_TRUE(collect(clock, s).hung);

    for (int i : {3, 1, 2})
        work.finish(i);

    EXPECT_EQ(collect(clock, s).items, (std::vector{30, 10, 20}));
}

TEST_F(map_async_order_test, unordered_takes_the_next_item_for_each_that_has_been_given) {
    auto s = any_stream<int>(items(9).end() | map_async_unordered(2, std::ref(work)));
    EXPECT_TRUE(collect(clock, s).hung);
    work.finish(2);
    EXPECT_TRUE(collect(clock, s).hung);
    work.finish(3);
    EXPECT_TRUE(collect(clock, s).hung);

    EXPECT_EQ(work.started, (std::vector{1, 2, 3, 4}));
}

TEST_F(map_async_order_test, unordered_fails_when_the_others_are_over_and_what_they_made_is_given) {
    work.stubborn = true;
    auto s = any_stream<int>(items(9).end() | map_async_unordered(3, std::ref(work)));
    EXPECT_TRUE(collect(clock, s).hung);
    work.finish(2, asio::error::connection_reset);
    EXPECT_TRUE(collect(clock, s).hung);
    EXPECT_EQ(work.cancelled, (std::vector{1, 3}));
    EXPECT_EQ(seen.live(), 0U);

    work.finish(1, asio::error::operation_aborted);
    work.finish(3);
    auto got = collect(clock, s);

    EXPECT_EQ(got.items, (std::vector{30}));
    EXPECT_EQ(got.ec, asio::error::connection_reset);
    EXPECT_EQ(work.started, (std::vector{1, 2, 3}));
}

TEST_F(map_async_order_test, keyed_has_one_of_a_key_at_a_time) {
    auto s = by_parity(6);
    EXPECT_TRUE(collect(clock, s).hung);
    EXPECT_EQ(work.started, (std::vector{1, 2}));

    work.finish(1);
    EXPECT_EQ(collect(clock, s).items, (std::vector{10}));
    EXPECT_EQ(work.started, (std::vector{1, 2, 3}));
    work.finish(3);
    EXPECT_EQ(collect(clock, s).items, (std::vector{30}));

    EXPECT_EQ(work.started, (std::vector{1, 2, 3, 5}));
}

TEST_F(map_async_order_test, keyed_starts_the_next_of_a_key_whether_or_not_anybody_pulls) {
    auto s = by_parity(4);
    EXPECT_TRUE(collect(clock, s).hung);

    work.finish(1);
    clock.run();

    EXPECT_EQ(work.started, (std::vector{1, 2, 3}));
}

TEST_F(map_async_order_test, keyed_starts_none_that_waits_for_its_key_after_a_failure) {
    auto s = by_parity(4);
    EXPECT_TRUE(collect(clock, s).hung);
    work.finish(1, asio::error::connection_reset);
    auto got = collect(clock, s);

    EXPECT_EQ(got.ec, asio::error::connection_reset);
    EXPECT_EQ(work.cancelled.front(), 2);
}

TEST_F(map_async_order_test, keyed_fails_with_what_the_key_throws) {
    auto got = collect(
        clock,
        items(3).end() | map_async_keyed(
                             2,
                             [](int i) { return i < 3 ? i : throw std::runtime_error("no key"); },
                             [](int i) -> asio::awaitable<int> { co_return i; }));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_EQ(got.what, "no key");
}

TEST_F(map_async_order_test, keyed_with_coroutines_keeps_the_order_of_each_key) {
    auto got = collect(
        clock,
        items(20).end() | map_async_keyed(
                              8,
                              [](int i) { return i % 3; },
                              [](int i) -> asio::awaitable<int> {
                                  co_await sleep_for(std::chrono::seconds(i * 7 % 5));
                                  co_return i;
                              }));

    ASSERT_EQ(got.items.size(), 20U);
    std::vector<int> last(3, 0);
    for (int i : got.items)
        EXPECT_LT(std::exchange(last[static_cast<std::size_t>(i) % 3], i), i);
}

TEST_F(map_async_order_test, filter_async_keeps_what_its_function_says_in_order) {
    auto got =
        collect(clock, items(5).end() | filter_async(3, [](const int& i) -> asio::awaitable<bool> {
                           co_await sleep_for(std::chrono::seconds(5 - i));
                           co_return i % 2 == 1;
                       }));

    EXPECT_EQ(got.items, (std::vector{1, 3, 5}));
    EXPECT_EQ(clock.elapsed(), 5s);
}

TEST_F(map_async_order_test, refuses_to_do_nothing_at_a_time) {
    const auto f = [](int i) -> asio::awaitable<bool> { co_return i == 0; };
    EXPECT_THROW((void)map_async_unordered(0, f), std::invalid_argument);
    EXPECT_THROW((void)map_async_keyed(0, [](int i) { return i; }, f), std::invalid_argument);
    EXPECT_THROW((void)filter_async(0, f), std::invalid_argument);
}

/// Allocations an item of a pipeline after it has warmed up, all that there are.
template <class Fn>
double allocations_an_item(Fn f) {
    asio::io_context ctx;
    const int items = 1000;
    std::size_t at_warm = 0;
    completion_probe<std::size_t> p;
    async_count(
        range(0, 2 * items) | inspect([&at_warm](int i) {
            if (i == items)
                at_warm = allocations;
        }) | map_async_unordered(16, f),
        asio::bind_executor(asio::any_io_executor(ctx.get_executor()), p.handler()));
    ctx.run();
    EXPECT_EQ(p->value, std::size_t(2 * items));
    return static_cast<double>(allocations - at_warm) / items;
}

TEST_F(map_async_order_test, unordered_allocates_at_most_twice_an_item) {
    // Sixteen of each are alive at one time, the frames of the function and of its wait and the wait, and
    // Asio keeps two for the next.
    EXPECT_LE(
        allocations_an_item([](int i) -> asio::awaitable<int> {
            co_await asio::post(asio::use_awaitable);
            co_return i;
        }),
        2.0);
    EXPECT_LE(allocations_an_item([](int i) -> asio::awaitable<int> { co_return i; }), 0.1);
    EXPECT_LE(
        allocations_an_item([](int i, auto&& token) {
            return asio::async_initiate<decltype(token), void(int)>(
                [](auto handler, int n) { asio::post(asio::append(std::move(handler), n)); },
                token,
                i);
        }),
        2.0);
}

TEST_F(map_async_order_test, functions_may_complete_on_other_threads) {
    asio::thread_pool pool(2);
    asio::thread_pool other(2);
    auto strand = asio::make_strand(pool);
    auto sum = async_count(
        range(0, 2000) | on(strand) |
            map_async_unordered(
                8,
                [&](int i) -> asio::awaitable<int> {
                    co_await asio::post(asio::bind_executor(other, asio::use_awaitable));
                    co_return i;
                }),
        asio::use_future);
    EXPECT_EQ(sum.get(), 2000U);

    auto ordered = async_count(
        range(0, 2000) | on(strand) |
            map_async_keyed(
                8,
                [](int i) { return i % 4; },
                [&]<class Token>(int i, Token&& token) {
                    return asio::async_initiate<Token, void(int)>(
                        [&other](auto handler, int n) {
                            asio::post(
                                other, [n, h = std::move(handler)]() mutable { std::move(h)(n); });
                        },
                        token,
                        i);
                }),
        asio::use_future);
    EXPECT_EQ(ordered.get(), 2000U);
    pool.join();
    other.join();
}

} // namespace
} // namespace streamx::testing
