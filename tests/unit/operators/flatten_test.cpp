#include <streamx/operators/flat_map.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/core/any_stream.hpp>
#include <streamx/operators/concat_map.hpp>
#include <streamx/operators/switch_map.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <deque>
#include <future>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

// What merges or joins the streams that a function makes: flat_map(n), concat_map, switch_map.
struct flatten_test : ::testing::Test {
    using inner = any_stream<int>;

    asio::io_context ctx;
    observer outer_seen, inner_seen;
    std::vector<sender<int>> tx; // of the stream for item 0, 1, ...

    script_source<int> outer() { return script_source<int>(ctx.get_executor(), outer_seen); }
    script_source<int> outer(int n) {
        auto s = outer();
        for (int i = 0; i != n; ++i)
            s.item(i);
        return s;
    }
    /// A channel for each item.
    auto opened() {
        return [this](int i) {
            EXPECT_EQ(tx.size(), static_cast<std::size_t>(i));
            auto ends = make_channel<int>(ctx.get_executor(), 4);
            tx.push_back(std::move(ends.tx));
            return std::move(ends.rx);
        };
    }
    /// A script of two items for each item.
    auto pairs() {
        return [this](int i) {
            return script_source<int>(ctx.get_executor(), inner_seen)
                .item(i)
                .pending()
                .item(10 + i)
                .end();
        };
    }
    std::vector<int> now(any_stream<int>& s) {
        auto got = collect(ctx, s);
        EXPECT_TRUE(got.hung) << got.what;
        return got.items;
    }
};

TEST_F(flatten_test, flat_map_merges_up_to_n_streams_as_their_items_come) {
    auto s = any_stream<int>(outer(3).end() | flat_map(2, opened()));
    EXPECT_TRUE(now(s).empty());
    ASSERT_EQ(tx.size(), 2U);

    tx[1].try_send(21);
    tx[0].try_send(11);
    EXPECT_EQ(now(s), (std::vector{21, 11}));
    tx[0].close();
    EXPECT_TRUE(now(s).empty());
    ASSERT_EQ(tx.size(), 3U);
    tx[2].try_send(31);
    EXPECT_EQ(now(s), (std::vector{31}));
    tx[1].close();
    tx[2].close();

    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(flatten_test, flat_map_takes_turns_among_its_streams) {
    auto s = outer(2).end() | flat_map(2, [this](int i) {
                 script_source<int> in(ctx.get_executor());
                 for (int k = 0; k != 3; ++k)
                     in.item(10 * i + k);
                 return std::move(in).end();
             });

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{0, 1, 10, 2, 11, 12}));
}

TEST_F(flatten_test, a_quiet_stream_of_flat_map_is_heard_beside_a_busy_one) {
    auto s = any_stream<int>(outer(2).hang() | flat_map(2, opened()));
    EXPECT_TRUE(now(s).empty());
    auto take_one = [&] {
        tx[0].try_send(0);
        return **next(ctx, s).value;
    };
    take_one();

    tx[1].try_send(1);
    int taken = 1;
    while (taken < 1000 && take_one() == 0)
        ++taken;

    EXPECT_LT(taken, 100);
}

TEST_F(flatten_test, flat_map_takes_no_item_for_which_there_is_no_room) {
    auto s = any_stream<int>(outer(5).end() | flat_map(2, opened()));
    EXPECT_TRUE(now(s).empty());

    EXPECT_EQ(outer_seen.items(), 2U);
}

TEST_F(flatten_test, flat_map_fails_with_the_first_failure_and_lets_go_of_all) {
    auto s = outer(2).hang() | flat_map(3, [this](int i) {
                 script_source<int> in(ctx.get_executor(), inner_seen);
                 if (i == 0)
                     return std::move(in).item(7).hang();
                 return std::move(in).fail(std::make_exception_ptr(std::runtime_error("boom")));
             });
    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (std::vector{7}));
    EXPECT_EQ(got.what, "boom");
    EXPECT_EQ(outer_seen.live() + inner_seen.live(), 0U);
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(flatten_test, what_the_function_throws_fails_the_stream) {
    const auto thrower = [](int) -> script_source<int> { throw std::runtime_error("no stream"); };
    EXPECT_EQ(collect(ctx, outer(1).end() | flat_map(2, thrower)).what, "no stream");
    EXPECT_EQ(collect(ctx, outer(1).end() | concat_map(thrower)).what, "no stream");
    EXPECT_EQ(collect(ctx, outer(1).end() | switch_map(thrower)).what, "no stream");
}

TEST_F(flatten_test, flat_map_refuses_to_have_no_stream) {
    EXPECT_THROW((void)flat_map(0, pairs()), std::invalid_argument);
}

TEST_F(flatten_test, concat_map_has_one_stream_after_the_other) {
    auto s = any_stream<int>(outer(2).end() | concat_map(opened()));
    EXPECT_TRUE(now(s).empty());
    EXPECT_EQ(tx.size(), 1U);
    tx[0].try_send(1);
    EXPECT_EQ(now(s), (std::vector{1}));
    tx[0].close();
    EXPECT_TRUE(now(s).empty());
    EXPECT_EQ(tx.size(), 2U);
    tx[1].try_send(2);
    tx[1].close();

    auto got = collect(ctx, s);
    EXPECT_EQ(got.items, (std::vector{2}));
    EXPECT_TRUE(got.ended);
}

TEST_F(flatten_test, switch_map_gives_the_items_of_the_newest_only) {
    auto [items, rx] = make_channel<int>(ctx.get_executor(), 4);
    auto s = any_stream<int>(std::move(rx) | switch_map(opened()));
    items.try_send(0);
    EXPECT_TRUE(now(s).empty());
    tx[0].try_send(1);
    EXPECT_EQ(now(s), (std::vector{1}));

    items.try_send(1);
    tx[0].try_send(2);
    EXPECT_TRUE(now(s).empty());
    EXPECT_FALSE(tx[0].is_open());
    tx[1].try_send(3);
    EXPECT_EQ(now(s), (std::vector{3}));

    items.close();
    EXPECT_TRUE(now(s).empty());
    tx[1].close();
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(flatten_test, switch_map_does_not_take_the_wake_up_of_one_that_is_gone_for_another_one) {
    auto [items, rx] = make_channel<int>(ctx.get_executor(), 64);
    auto s = any_stream<int>(std::move(rx) | switch_map(opened()));
    for (int i = 0; i != 50; ++i) {
        items.try_send(i);
        completion_probe<std::optional<int>> p;
        s.async_next(asio::bind_executor(ctx.get_executor(), p.handler()));
        for (int steps = 0; steps != i % 7; ++steps)
            ctx.poll_one();
        ctx.restart();
        ctx.restart();
        ctx.poll();
        tx[static_cast<std::size_t>(i)].try_send(i);
        ctx.restart();
        ctx.poll();
        ASSERT_EQ(p.calls(), 1) << i;
        EXPECT_EQ(**p->value, i);
    }
}

TEST_F(flatten_test, destroyed_it_tells_its_waiter_and_lets_go_of_all_streams) {
    for (int which = 0; which != 3; ++which) {
        auto made = [&]() -> any_stream<int> {
            const auto hanging = [this](int) {
                return script_source<int>(ctx.get_executor(), inner_seen).hang();
            };
            if (which == 0)
                return any_stream<int>(outer(2).hang() | flat_map(2, hanging));
            if (which == 1)
                return any_stream<int>(outer(2).hang() | concat_map(hanging));
            return any_stream<int>(outer(2).hang() | switch_map(hanging));
        };
        std::optional s(made());
        completion_probe<std::optional<int>> p;
        s->async_next(asio::bind_executor(ctx.get_executor(), p.handler()));
        ctx.restart();
        ctx.poll();
        EXPECT_EQ(p.calls(), 0);

        s.reset();
        ctx.restart();
        ctx.poll();

        EXPECT_EQ(p->ec, asio::error::operation_aborted);
        EXPECT_EQ(outer_seen.live() + inner_seen.live(), 0U);
    }
}

TEST_F(flatten_test, a_consumer_may_go_on_elsewhere_when_the_context_of_a_wait_is_gone) {
    std::optional<asio::io_context> going(std::in_place);
    auto [tx0, rx0] = make_channel<int>(ctx.get_executor(), 4);
    auto s =
        any_stream<int>(outer(1).end() | flat_map(2, [rx = std::move(rx0)](int) { return rx; }));
    EXPECT_TRUE(collect(*going, s).hung);
    completion_probe<std::optional<int>> lost;
    s.async_next(asio::bind_executor(going->get_executor(), lost.handler()));
    going->restart();
    going->poll();

    going.reset();
    tx0.try_send(5);

    EXPECT_EQ(now(s), (std::vector{5}));
}

} // namespace
} // namespace streamx::testing
