#include <streamx/operators/merge.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/core/any_stream.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>
#include <unit/operators/broken.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct merge_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
    template <class S>
    completion_probe<> wait(S& s) {
        completion_probe<> p;
        p.start([&](auto handler) { s.async_wait(std::move(handler)); });
        return p;
    }
};

TEST_F(merge_test, takes_turns_among_those_that_are_ready) {
    auto got = collect(
        ctx, merge(range(0, 3), upstream().item(10).item(11).item(12).end(), range(20, 22)));

    EXPECT_EQ(got.items, (std::vector{0, 10, 20, 1, 11, 21, 2, 12}));
    EXPECT_TRUE(got.ended);
}

TEST_F(merge_test, one_that_always_has_something_does_not_hold_up_another_for_ever) {
    auto busy = make_channel<int>(ctx.get_executor(), 4);
    auto quiet = make_channel<int>(ctx.get_executor(), 4);
    auto s = merge(std::move(busy.rx), std::move(quiet.rx));
    auto take_one = [&] {
        busy.tx.try_send(0);
        return **next(ctx, s).value;
    };
    take_one();
    take_one();

    quiet.tx.try_send(1);
    int taken = 1;
    while (taken < 1000 && take_one() == 0)
        ++taken;

    EXPECT_LT(taken, 100);
}

TEST_F(merge_test, gives_items_in_the_order_in_which_their_inputs_became_ready) {
    auto a = make_channel<int>(ctx.get_executor(), 1);
    auto b = make_channel<int>(ctx.get_executor(), 1);
    auto c = make_channel<int>(ctx.get_executor(), 1);
    auto s = merge(std::move(a.rx), std::move(b.rx), std::move(c.rx));
    EXPECT_TRUE(s.try_next().is_pending());
    auto waiting = wait(s);

    c.tx.try_send(3);
    a.tx.try_send(1);
    b.tx.try_send(2);
    run();

    EXPECT_EQ(waiting.calls(), 1);
    EXPECT_EQ(*s.try_next(), 3);
    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_EQ(*s.try_next(), 2);
    EXPECT_TRUE(s.try_next().is_pending());
}

TEST_F(merge_test, ends_when_all_have_ended_and_releases_each_as_it_does) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto s = merge(upstream().item(1).end(), std::move(rx));
    EXPECT_EQ(**next(ctx, s).value, 1);
    EXPECT_TRUE(collect(ctx, s).hung);
    EXPECT_EQ(seen.live(), 0U);

    tx.close();

    EXPECT_TRUE(collect(ctx, s).ended);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(merge_test, the_first_failure_ends_it_and_releases_the_others) {
    auto s = merge(
        upstream().item(1).hang(),
        upstream().fail(std::make_exception_ptr(std::runtime_error("boom"))),
        upstream().item(3).hang());

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.what, "boom");
    EXPECT_EQ(seen.live(), 0U);
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(merge_test, the_failed_wait_of_an_input_is_a_failure_of_it) {
    auto got = collect(ctx, merge(broken(ctx.get_executor()), upstream().item(1).hang()));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::connection_reset);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(merge_test, a_wait_does_not_throw_the_failure_that_the_next_pull_will) {
    auto s = merge(broken(ctx.get_executor()), broken(ctx.get_executor()));
    EXPECT_TRUE(s.try_next().is_pending());
    wait(s);
    run();

    auto again = wait(s);
    run();

    EXPECT_EQ(again.calls(), 1);
    EXPECT_THROW((void)s.try_next(), boost::system::system_error);
}

TEST_F(merge_test, takes_any_number_of_one_type) {
    std::vector<any_stream<int>> streams;
    streams.emplace_back(upstream().item(1).pending().item(4).end());
    streams.emplace_back(range(2, 4) | on(ctx));

    auto got = collect(ctx, merge(std::move(streams)));

    EXPECT_EQ(got.items.size(), 4U);
    EXPECT_EQ(got.items[0], 1);
    EXPECT_EQ(got.items[1], 2);
    EXPECT_TRUE(got.ended);
}

TEST_F(merge_test, of_none_ends_at_once) {
    auto s = merge(std::vector<any_stream<int>>());
    completion_probe<> p;
    s.async_wait(asio::bind_executor(ctx, p.handler()));
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_TRUE(collect(ctx, std::move(s)).ended);
}

TEST_F(merge_test, a_wait_with_something_ready_or_at_the_end_completes) {
    auto s = merge(range(0, 1), upstream().end());
    auto ready = wait(s);
    run();
    EXPECT_EQ(ready.calls(), 1);
    EXPECT_FALSE(ready->inside);
    EXPECT_EQ(*s.try_next(), 0);
    EXPECT_TRUE(s.try_next().is_end());

    auto over = wait(s);
    run();

    EXPECT_EQ(over.calls(), 1);
}

TEST_F(merge_test, cancelled_it_loses_nothing_and_waits_for_each_input_only_once) {
    using enum asio::cancellation_type;
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    auto s = merge(std::move(rx), upstream().hang());
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        EXPECT_EQ(next_cancelled(ctx, s, how), asio::error::operation_aborted);
    }
    EXPECT_EQ(seen.waits(), 1U);

    tx.try_send(7);

    EXPECT_EQ(**next(ctx, s).value, 7);
}

TEST_F(merge_test, is_woken_from_other_strands_and_contexts) {
    asio::io_context other;
    auto strand = asio::make_strand(ctx);
    auto a = make_channel<int>(other.get_executor(), 1);
    auto b = make_channel<int>(strand, 1);
    auto s = merge(std::move(a.rx), std::move(b.rx)) | on(ctx);
    completion_probe<std::optional<int>> first;
    completion_probe<std::optional<int>> second;
    s.async_next(first.handler());
    run();

    asio::post(other, [&] { a.tx.try_send(1); });
    other.poll();
    run();
    EXPECT_EQ(**first->value, 1);
    s.async_next(second.handler());
    asio::post(strand, [&] { b.tx.try_send(2); });
    run();

    EXPECT_EQ(**second->value, 2);
}

TEST_F(merge_test, destroyed_while_it_waits_it_releases_all) {
    auto s = std::make_optional(merge(upstream().hang(), upstream().hang()));
    auto waiting = wait(*s);
    run();
    EXPECT_TRUE(s->try_next().is_pending());
    auto second = wait(*s);

    s.reset();
    run();

    EXPECT_EQ(waiting.calls(), 1);
    EXPECT_EQ(second->ec, asio::error::operation_aborted);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(merge_test, moves_move_only_items) {
    auto [tx, rx] = make_channel<std::unique_ptr<int>>(ctx.get_executor(), 1);
    tx.try_send(std::make_unique<int>(3));
    auto s = merge(std::move(rx), script_source<std::unique_ptr<int>>(ctx.get_executor()).end());

    EXPECT_EQ(***next(ctx, s).value, 3);
}

} // namespace
} // namespace streamx::testing
