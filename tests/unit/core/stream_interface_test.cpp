#include <streamx/core/stream_interface.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace streamx::testing {
namespace {

struct stream_interface_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }

    void run() {
        ctx.restart();
        ctx.poll();
    }

    /// With a handler that has no executor, and so needs the stream's.
    template <class S>
    completion_probe<std::optional<int>> pull(S& s) {
        completion_probe<std::optional<int>> p;
        p.start([&](auto handler) { s.async_next(std::move(handler)); });
        return p;
    }

    template <class F>
    void in_coroutine(F f) {
        std::exception_ptr failure;
        asio::co_spawn(ctx, std::move(f), [&](std::exception_ptr e) { failure = e; });
        run();
        if (failure)
            std::rethrow_exception(failure);
    }
};

TEST_F(stream_interface_test, async_next_gives_items_and_then_the_end_for_ever) {
    auto s = upstream().item(1).pending().item(2).end();

    for (auto expected : {std::optional(1), std::optional(2), std::optional<int>(), {}}) {
        auto p = pull(s);
        run();
        ASSERT_EQ(p.calls(), 1);
        EXPECT_FALSE(p->inside);
        EXPECT_FALSE(p->failure);
        EXPECT_EQ(p->value, std::make_optional(expected));
    }
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(stream_interface_test, the_end_can_be_asked_for_again_whatever_the_operators) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    tx.close();
    auto s = std::move(rx) | map([](int i) { return i; });

    for (int n = 0; n != 3; ++n) {
        auto p = pull(s);
        run();
        ASSERT_EQ(p.calls(), 1);
        EXPECT_EQ(p->value, std::make_optional(std::optional<int>()));
    }
}

TEST_F(stream_interface_test, async_next_fails_once_and_then_ends) {
    auto s = upstream().item(1).fail(asio::error::connection_reset);
    pull(s);
    run();

    auto failed = pull(s);
    run();
    auto after = pull(s);
    run();

    EXPECT_EQ(failed->ec, asio::error::connection_reset);
    EXPECT_EQ(failed->value, std::make_optional(std::optional<int>()));
    EXPECT_FALSE(after->failure);
    EXPECT_EQ(after->value, std::make_optional(std::optional<int>()));
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(stream_interface_test, a_stream_that_is_over_lets_go_of_its_upstream) {
    auto ended = upstream().end() | map([](int i) { return i; });
    auto failed = upstream().fail(asio::error::eof) | map([](int i) { return i; });
    EXPECT_EQ(seen.live(), 2U);

    collect(ctx, ended);
    EXPECT_EQ(seen.live(), 1U);
    collect(ctx, failed);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(stream_interface_test, a_second_pull_fails_and_does_not_disturb_the_first) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto first = pull(rx);
    auto early = pull(rx);
    run();
    auto late = pull(rx);
    run();
    EXPECT_EQ(first.calls(), 0);
    EXPECT_EQ(early->ec, errc::operation_in_progress);
    EXPECT_EQ(late->ec, errc::operation_in_progress);

    tx.try_send(7);
    run();

    EXPECT_EQ(**first->value, 7);
}

TEST_F(stream_interface_test, a_stream_destroyed_under_a_pull_aborts_it) {
    auto s = std::make_optional(upstream().hang());
    auto waiting = pull(*s);
    run();
    auto t = std::make_optional(upstream().item(1));
    auto started = pull(*t);

    s.reset();
    t.reset();
    run();

    EXPECT_EQ(waiting->ec, asio::error::operation_aborted);
    EXPECT_EQ(started->ec, asio::error::operation_aborted);
}

TEST_F(stream_interface_test, next_gives_items_and_then_the_end_for_ever) {
    auto s = upstream().item(1).pending().item(2).end();

    in_coroutine([&]() -> asio::awaitable<void> {
        EXPECT_EQ(co_await s.next(), 1);
        EXPECT_EQ(co_await s.next(), 2);
        EXPECT_EQ(co_await s.next(), std::nullopt);
        EXPECT_EQ(co_await s.next(), std::nullopt);
    });
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(stream_interface_test, next_throws_a_failure_once_and_then_ends) {
    auto s = upstream().fail(std::make_exception_ptr(std::string("mine")));

    in_coroutine([&]() -> asio::awaitable<void> {
        std::string caught;
        try {
            co_await s.next();
        } catch (const std::string& e) {
            caught = e;
        }
        EXPECT_EQ(caught, "mine");
        EXPECT_EQ(co_await s.next(), std::nullopt);
    });
}

TEST_F(stream_interface_test, next_refuses_while_another_pull_is_outstanding) {
    auto s = upstream().hang();
    auto first = pull(s);
    run();

    in_coroutine([&]() -> asio::awaitable<void> {
        error_code ec;
        try {
            co_await s.next();
        } catch (const boost::system::system_error& e) {
            ec = e.code();
        }
        EXPECT_EQ(ec, errc::operation_in_progress);
    });
    EXPECT_EQ(first.calls(), 0);
}

TEST_F(stream_interface_test, next_lets_others_run_among_many_ready_items) {
    auto s = range(0, 3000);
    int others = 0;

    in_coroutine([&]() -> asio::awaitable<void> {
        asio::post(ctx, [&] { ++others; });
        while (auto i = co_await s.next())
            if (others != 0)
                co_return;
    });

    EXPECT_EQ(others, 1);
    EXPECT_TRUE(s.try_next());
}

TEST_F(stream_interface_test, next_takes_no_item_when_cancelled_with_a_wake_up_on_its_way) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    asio::cancellation_signal cancel;
    completion_probe<std::optional<int>> p;
    asio::co_spawn(ctx, ends.rx.next(), asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    run();

    asio::post(ctx, [&] { // there, or else the cancellation would wait behind the wake-up
        ends.tx.try_send(7);
        cancel.emit(asio::cancellation_type::terminal);
    });
    run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_EQ(*ends.rx.try_next(), 7);
}

TEST_F(stream_interface_test, next_is_aborted_when_the_stream_goes_with_a_wake_up_on_its_way) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto s = std::make_optional(std::move(rx) | map([](int i) { return i; }));
    completion_probe<std::optional<int>> p;
    asio::co_spawn(ctx, s->next(), p.handler());
    run();

    tx.try_send(7);
    s.reset();
    run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

TEST_F(stream_interface_test, next_goes_on_in_a_cancelled_coroutine_that_does_not_throw) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    asio::cancellation_signal cancel;
    completion_probe<std::optional<int>> p;
    auto coroutine = [&]() -> asio::awaitable<std::optional<int>> {
        co_await asio::this_coro::throw_if_cancelled(false);
        cancel.emit(asio::cancellation_type::terminal);
        co_return co_await ends.rx.next();
    };
    asio::co_spawn(ctx, coroutine(), asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    run();

    ends.tx.try_send(7);
    run();

    EXPECT_EQ(**p->value, 7);
}

TEST_F(stream_interface_test, a_stream_assigned_to_starts_anew) {
    auto s = upstream().end();
    collect(ctx, s);

    s = upstream().item(1);

    EXPECT_EQ(**next(ctx, s).value, 1);
}

} // namespace
} // namespace streamx::testing
