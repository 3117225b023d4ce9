#include <streamx/operators/buffered.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/any_stream.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/operators/via.hpp>
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

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

// What has a loop of its own and a channel: buffered and via.
struct buffered_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;

    script_source<int> items(int n) {
        script_source<int> s(ctx.get_executor(), seen);
        for (int i = 1; i <= n; ++i)
            s.item(i);
        return s;
    }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(buffered_test, pulls_upstream_whether_or_not_anybody_pulls_but_not_before_somebody_has) {
    auto s = any_stream<int>(items(9).end() | buffered(2));
    run();
    EXPECT_EQ(seen.pulls(), 0U);

    EXPECT_EQ(**next(ctx, s).value, 1);
    run();

    EXPECT_EQ(seen.items(), 4U); // one taken, two buffered, one that waits for room
    EXPECT_EQ(collect(ctx, s).items, (std::vector{2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(buffered_test, drops_what_its_policy_says_and_tells_of_it) {
    std::vector<int> dropped;
    auto note = [&](int&& i) { dropped.push_back(i); };
    auto oldest = any_stream<int>(items(5).end() | buffered(2, overflow::drop_oldest, note));
    EXPECT_FALSE(oldest.try_next());
    run();
    EXPECT_EQ(collect(ctx, oldest).items, (std::vector{4, 5}));
    EXPECT_EQ(dropped, (std::vector{1, 2, 3}));

    dropped.clear();
    auto newest = any_stream<int>(items(5).end() | buffered(2, overflow::drop_newest, note));
    EXPECT_FALSE(newest.try_next());
    run();
    EXPECT_EQ(collect(ctx, newest).items, (std::vector{1, 2}));
    EXPECT_EQ(dropped, (std::vector{3, 4, 5}));
}

TEST_F(buffered_test, fails_when_it_is_full_if_told_so_behind_what_is_buffered) {
    auto s = any_stream<int>(items(5).end() | buffered(2, overflow::fail));
    EXPECT_FALSE(s.try_next());
    run();
    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_EQ(got.ec, errc::full);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(buffered_test, a_failure_of_upstream_comes_behind_what_is_buffered) {
    auto got = collect(
        ctx, items(3).fail(std::make_exception_ptr(std::runtime_error("boom"))) | buffered(8));

    EXPECT_EQ(got.items, (std::vector{1, 2, 3}));
    EXPECT_EQ(got.what, "boom");
}

TEST_F(buffered_test, destroyed_it_cancels_its_loop_wherever_that_waits) {
    for (int n : {0, 1, 9}) { // for upstream, for the consumer, for room
        std::optional s(any_stream<int>(items(n).hang() | buffered(2)));
        completion_probe<std::optional<int>> p;
        s->async_next(asio::bind_executor(ctx.get_executor(), p.handler()));
        run();
        s.reset();
        run();

        EXPECT_EQ(p.calls(), 1);
        EXPECT_EQ(seen.live(), 0U) << n;
        EXPECT_TRUE(ctx.stopped());
    }
    {
        auto never_pulled = items(1).end() | buffered(1);
    }
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(buffered_test, its_context_may_go_before_it) {
    std::optional<asio::io_context> going(std::in_place);
    auto s = any_stream<int>(
        script_source<int>(going->get_executor(), seen).item(1).hang() | buffered(2));
    EXPECT_EQ(collect(*going, s).items, (std::vector{1}));

    going.reset();

    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(buffered_test, refuses_no_room_and_the_policy_of_broadcasts) {
    EXPECT_THROW((void)buffered(0), std::invalid_argument);
    EXPECT_THROW((void)buffered(1, overflow::disconnect), std::invalid_argument);
    EXPECT_THROW((void)via(ctx.get_executor(), 0), std::invalid_argument);
}

TEST_F(buffered_test, via_moves_what_comes_after_it_to_another_executor) {
    asio::thread_pool pool(2);
    auto before = asio::make_strand(pool);
    auto after = asio::make_strand(pool);
    bool right = true;
    auto sum = async_collect(
        range(0, 1000) | on(before) | map([&](int i) {
            right = right && before.running_in_this_thread();
            return i;
        }) | via(after, 16) |
            map([&](int i) {
                right = right && after.running_in_this_thread();
                return i;
            }),
        asio::use_future);

    EXPECT_EQ(sum.get().size(), 1000U);
    EXPECT_TRUE(right);
    pool.join();
}

TEST_F(buffered_test, via_gives_a_stream_that_has_no_executor_its_own) {
    EXPECT_EQ(collect(ctx, range(0, 3) | via(ctx.get_executor(), 1)).items, (std::vector{0, 1, 2}));
}

} // namespace
} // namespace streamx::testing
