#include <streamx/channels/channel.hpp>
#include <streamx/operators.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <exception>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

// A stream that always has an item lets the others on its executor run.

namespace streamx::testing {
namespace {

struct fairness_test : ::testing::Test {
    static auto endless() { return range(0L, std::numeric_limits<long>::max()); }

    /// Whether another handler gets to run ten times. If it does not this never returns.
    bool others_run() {
        int runs = 0;
        asio::post(ctx, [this, &runs] { again(runs); });
        while (runs != 10)
            ctx.run_one();
        ctx.stop();
        return true;
    }

    void again(int& runs) {
        if (++runs != 10)
            asio::post(ctx, [this, &runs] { again(runs); });
    }

    asio::io_context ctx;
};

TEST_F(fairness_test, an_endless_stream_into_a_terminal) {
    async_for_each(endless() | on(ctx), [](long) {}, asio::detached);

    EXPECT_TRUE(others_run());
}

TEST_F(fairness_test, a_filter_that_rejects_everything) {
    async_for_each(
        endless() | on(ctx) | filter([](long) { return false; }), [](long) {}, asio::detached);

    EXPECT_TRUE(others_run());
}

TEST_F(fairness_test, operators_that_give_nothing_for_a_long_time) {
    constexpr auto all = std::numeric_limits<std::size_t>::max();
    auto gives_up = [](auto op) { return (endless() | std::move(op)).try_next().is_pending(); };

    EXPECT_TRUE(gives_up(filter_map([](long) { return std::optional<int>(); })));
    EXPECT_TRUE(gives_up(flat_map([](long) { return std::vector<int>(); })));
    EXPECT_TRUE(gives_up(drop(all)));
    EXPECT_TRUE(gives_up(drop_while([](long) { return true; })));
    EXPECT_TRUE(gives_up(drop_last(1'000'000)));
    EXPECT_TRUE(gives_up(take_last(1)));
    EXPECT_TRUE(gives_up(stride(1'000'000) | drop(1)));
    EXPECT_TRUE(gives_up(distinct(1, [](long) { return 0; }) | drop(1)));
    EXPECT_TRUE(gives_up(map([](long) { return 0; }) | distinct_until_changed() | drop(1)));
    EXPECT_TRUE(gives_up(slide(1'000'000)));
    EXPECT_TRUE(gives_up(chunks(1'000'000)));
    EXPECT_TRUE(gives_up(chunk_by([](long, long) { return true; }, 1'000'000)));
}

TEST_F(fairness_test, a_merge_and_a_join_of_what_is_rejected) {
    auto none = [] { return endless() | filter([](long) { return false; }); };
    async_for_each(
        concat(merge(none(), none()) | on(ctx), none() | on(ctx)), [](long) {}, asio::detached);

    EXPECT_TRUE(others_run());
}

TEST_F(fairness_test, a_coroutine_that_takes_item_after_item) {
    asio::co_spawn(
        ctx,
        [](auto s) -> asio::awaitable<void> {
            while (auto item = co_await s.next())
                static_cast<void>(*item);
        }(endless()),
        asio::detached);

    EXPECT_TRUE(others_run());
}

TEST_F(fairness_test, a_coroutine_that_always_finds_room) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), {1, overflow::drop_oldest});
    asio::co_spawn(
        ctx,
        [](auto out) -> asio::awaitable<void> {
            for (;;)
                co_await out.send(1);
        }(tx),
        asio::detached);

    EXPECT_TRUE(others_run());
}

TEST_F(fairness_test, an_endless_stream_forwarded_to_a_sink_that_always_has_room) {
    auto [tx, rx] = make_channel<long>(ctx.get_executor(), {1, overflow::drop_newest});
    forward_to(endless() | on(ctx), tx, asio::detached);

    EXPECT_TRUE(others_run());
}

TEST_F(fairness_test, cancelling_an_endless_stream_that_gives_nothing) {
    asio::cancellation_signal stop;
    bool stopped = false;
    async_for_each(
        endless() | on(ctx) | filter([](long) { return false; }),
        [](long) {},
        asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { stopped = true; }));
    asio::post(ctx, [&] { stop.emit(asio::cancellation_type::total); });
    ctx.run();

    EXPECT_TRUE(stopped);
}

} // namespace
} // namespace streamx::testing
