#include <streamx/operators/divert_errors.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/core/any_sink.hpp>
#include <streamx/core/error.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using number = streamx::result<int, std::string>;
using words = std::vector<std::string>;

struct divert_errors_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<number> upstream() { return script_source<number>(ctx.get_executor(), seen); }
    auto channel(std::size_t capacity) {
        return make_channel<std::string>(ctx.get_executor(), capacity);
    }
};

TEST_F(divert_errors_test, values_pass_and_errors_go_to_the_sink) {
    auto [tx, rx] = channel(9);
    auto s = upstream().item(1).item("a").pending().item("b").item(2).end() |
             divert_errors(std::move(tx));

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_TRUE(got.ended);
    auto diverted = collect(ctx, rx);
    EXPECT_EQ(diverted.items, (words{"a", "b"}));
    EXPECT_TRUE(diverted.ended) << "the sink is not gone with the stream";
}

TEST_F(divert_errors_test, is_pending_while_the_sink_is_full) {
    auto [tx, rx] = channel(1);
    auto s = upstream().item("a").item("b").item(1).end() | divert_errors(std::move(tx));

    EXPECT_EQ(next(ctx, s).calls, 0); // and that pull is cancelled
    EXPECT_EQ(seen.pulls(), 2U);
    EXPECT_EQ(*rx.try_next(), "a");
    EXPECT_EQ(collect(ctx, s).items, std::vector{1});
    EXPECT_EQ(*rx.try_next(), "b");
}

TEST_F(divert_errors_test, goes_on_when_there_is_room) {
    auto [tx, rx] = channel(1);
    auto s = upstream().item("a").item("b").item("c").item(1).end() | divert_errors(std::move(tx));
    completion_probe<std::optional<int>> p;
    s.async_next(p.handler());

    auto diverted = collect(ctx, rx);

    EXPECT_EQ(diverted.items, (words{"a", "b", "c"}));
    EXPECT_TRUE(diverted.hung);
    ASSERT_EQ(p.calls(), 1);
    EXPECT_EQ(**p->value, 1);
}

TEST_F(divert_errors_test, fails_when_the_sink_is_closed) {
    auto [tx, rx] = channel(1);
    std::optional receiving(std::move(rx));
    auto s = upstream().item(1).item("a").item("b").item(2).end() | divert_errors(std::move(tx));
    EXPECT_EQ(**next(ctx, s).value, 1);
    completion_probe<std::optional<int>> p;
    s.async_next(p.handler());
    ctx.restart();
    ctx.poll();
    ASSERT_EQ(p.calls(), 0);

    receiving.reset();
    ctx.restart();
    ctx.poll();

    EXPECT_EQ(p->ec, errc::closed);
    EXPECT_EQ(seen.live(), 0U);
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(divert_errors_test, fails_when_the_sink_is_full_and_does_not_let_it_wait) {
    words undelivered;
    auto [tx, rx] = make_channel<std::string>(
        ctx.get_executor(),
        {.capacity = 1, .overflow = overflow::fail, .on_undelivered = [&](std::string&& e) {
             undelivered.push_back(std::move(e));
         }});
    {
        auto s = upstream().item("a").item("b").item(1).end() | divert_errors(std::move(tx));
        EXPECT_EQ(collect(ctx, s).ec, errc::full);
        EXPECT_TRUE(collect(ctx, s).ended);
    }
    EXPECT_EQ(collect(ctx, rx).items, words{"a"});
    EXPECT_EQ(undelivered, words{"b"}); // once
}

TEST_F(divert_errors_test, a_closed_sink_is_no_failure_while_there_are_no_errors) {
    auto [tx, rx] = channel(1);
    rx.close();

    EXPECT_TRUE(collect(ctx, upstream().item(1).end() | divert_errors(std::move(tx))).ended);
}

TEST_F(divert_errors_test, an_error_without_room_goes_to_the_hook_of_an_owned_sink) {
    words undelivered;
    auto [tx, rx] = make_channel<std::string>(
        ctx.get_executor(), {.capacity = 1, .on_undelivered = [&](std::string&& e) {
                                 undelivered.push_back(std::move(e));
                             }});
    std::optional s(upstream().item("a").item("b").hang() | divert_errors(std::move(tx)));
    EXPECT_EQ(next(ctx, *s).calls, 0);

    s.reset();

    EXPECT_EQ(undelivered, words{"b"});
    EXPECT_EQ(collect(ctx, rx).items, words{"a"});
}

TEST_F(divert_errors_test, tells_its_waiter_when_it_is_destroyed_while_the_sink_is_full) {
    auto waiting = [&](auto sink) {
        std::optional s(upstream().item("b").hang() | divert_errors(std::move(sink)));
        completion_probe<std::optional<int>> p;
        s->async_next(p.handler());
        ctx.restart();
        ctx.poll();
        EXPECT_EQ(p.calls(), 0);
        s.reset();
        EXPECT_EQ(p.calls(), 0) << "completed inside the destructor";
        ctx.restart();
        ctx.poll();
        return p->ec;
    };
    auto [tx, rx] = channel(1);
    tx.try_send("a");

    EXPECT_EQ(waiting(std::ref(tx)), asio::error::operation_aborted);
    EXPECT_EQ(waiting(std::move(tx)), asio::error::operation_aborted);
}

TEST_F(divert_errors_test, may_outlive_the_context_that_it_waits_in) {
    std::optional<asio::io_context> other(std::in_place);
    auto [tx, rx] = make_channel<std::string>(other->get_executor(), 1);
    tx.try_send("a");
    std::optional s(
        from_range({number("b")}) | divert_errors(any_sink<std::string>(std::move(tx))));
    completion_probe<std::optional<int>> p;
    s->async_next(p.handler());
    other->poll();

    other.reset();
    s.reset();

    EXPECT_EQ(p.calls(), 0);
    EXPECT_EQ(p->destroyed, 1);
}

TEST_F(divert_errors_test, loses_no_error_when_cancelled_while_the_sink_is_full) {
    using enum asio::cancellation_type;
    auto [tx, rx] = channel(1);
    auto s = upstream().item("a").item("b").item(1).end() | divert_errors(std::move(tx));

    for (auto how : {total, partial, terminal})
        EXPECT_EQ(next_cancelled(ctx, s, how), asio::error::operation_aborted);

    EXPECT_EQ(*rx.try_next(), "a");
    EXPECT_EQ(collect(ctx, s).items, std::vector{1});
    EXPECT_EQ(*rx.try_next(), "b");
}

TEST_F(divert_errors_test, a_sink_by_reference_is_left_open) {
    auto [tx, rx] = channel(1);

    auto got = collect(ctx, upstream().item("a").item(1).end() | divert_errors(std::ref(tx)));

    EXPECT_EQ(got.items, std::vector{1});
    auto diverted = collect(ctx, rx);
    EXPECT_EQ(diverted.items, words{"a"});
    EXPECT_TRUE(diverted.hung);
}

TEST_F(divert_errors_test, takes_any_sink_of_that_error) {
    auto [tx, rx] = channel(1);
    any_sink<std::string> sink(std::move(tx));

    collect(ctx, upstream().item("a").end() | divert_errors(std::move(sink)));

    EXPECT_EQ(collect(ctx, rx).items, words{"a"});
}

TEST_F(divert_errors_test, runs_on_the_sinks_executor_where_the_stream_has_none) {
    auto [tx, rx] = channel(2);
    auto s = from_range({number(1), number("a")}) | divert_errors(tx);

    EXPECT_EQ(s.get_executor(), tx.get_executor());
}

TEST_F(divert_errors_test, is_pending_now_and_then_though_all_items_are_errors) {
    auto [tx, rx] = channel(100'000);
    auto s = from_range(std::vector(100'000, number("bad"))) | divert_errors(std::move(tx));

    EXPECT_TRUE(s.try_next().is_pending());
    EXPECT_LT(rx.size(), 100'000U);
}

} // namespace
} // namespace streamx::testing
