#include <streamx/lifetime/scope.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/inspect.hpp>
#include <streamx/operators/stop_on.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/terminals/async_collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/tracking_executor.hpp>
#include <streamx/testing/virtual_clock.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct scope_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    std::optional<scope> children{std::in_place, ctx.get_executor()};
    completion_probe<> joined;

    script_source<int> items() { return script_source<int>(ctx.get_executor(), seen); }
    asio::awaitable<void> sleeper(clock_service::duration d) { co_await sleep_for(d); }
    asio::awaitable<int> thrower() {
        co_await sleep_for(1s);
        throw std::runtime_error("boom");
    }
    void join() { children->async_join(joined.handler()); }
};

TEST_F(scope_test, hosts_streams_coroutines_and_operations_and_joins_them_all) {
    std::vector<int> taken;
    completion_probe<> of_stream, of_coroutine;
    completion_probe<std::vector<int>> of_operation;
    children->spawn(
        ctx.get_executor(),
        items().item(1).pending().item(2).end() | inspect([&](int i) { taken.push_back(i); }),
        of_stream.handler());
    children->spawn(ctx.get_executor(), sleeper(2s), of_coroutine.handler());
    children->spawn(
        ctx.get_executor(),
        async_collect(items().item(3).end(), asio::deferred),
        of_operation.handler());
    children->spawn(ctx.get_executor(), sleeper(1s));
    join();
    EXPECT_EQ(of_stream.calls() + joined.calls(), 0);
    clock.run();

    EXPECT_EQ(taken, (std::vector{1, 2}));
    EXPECT_EQ(of_stream.calls(), 1);
    EXPECT_EQ(of_coroutine.calls(), 1);
    EXPECT_EQ(of_operation->value, (std::vector{3}));
    EXPECT_EQ(joined.calls(), 1);
    EXPECT_EQ(to_end_reason(joined->failure), end_reason::done);
    EXPECT_EQ(clock.elapsed(), 2s);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(scope_test, runs_a_child_on_its_executor_and_completes_on_the_handlers) {
    tracking_executor strand(ctx.get_executor());
    tracking_executor other(ctx.get_executor());
    bool inside = false;
    bool there = false;
    children->spawn(
        strand,
        items().item(1).end() | inspect([&](int) { inside = strand.running_here(); }),
        asio::bind_executor(other, [&](std::exception_ptr) { there = other.running_here(); }));
    clock.run();

    EXPECT_TRUE(inside);
    EXPECT_TRUE(there);
}

TEST_F(scope_test, the_failure_of_a_child_surfaces_once_and_does_not_stop_the_others) {
    completion_probe<int> own;
    children->spawn(ctx.get_executor(), thrower(), own.handler());
    completion_probe<> other;
    children->spawn(ctx.get_executor(), sleeper(5s), other.handler());
    join();
    clock.run();

    EXPECT_EQ(own->what, "boom");
    EXPECT_EQ(joined->what, "boom");
    EXPECT_EQ(to_end_reason(joined->failure), end_reason::failed);
    EXPECT_FALSE(other->failure);
    EXPECT_EQ(clock.elapsed(), 5s);

    completion_probe<> again;
    children->async_join(again.handler());
    clock.run();
    EXPECT_FALSE(again->failure);
}

TEST_F(scope_test, request_stop_cancels_all_and_that_is_no_failure) {
    completion_probe<> of_stream, of_coroutine, late;
    children->spawn(ctx.get_executor(), items().hang(), of_stream.handler());
    children->spawn(ctx.get_executor(), sleeper(1h), of_coroutine.handler());
    join();
    clock.run_for(1s);
    EXPECT_EQ(joined.calls(), 0);

    children->request_stop();
    children->spawn(ctx.get_executor(), items().hang(), late.handler());
    clock.run();

    for (auto* p : {&of_stream, &of_coroutine, &late}) {
        EXPECT_EQ(p->calls(), 1);
        EXPECT_EQ((*p)->ec, asio::error::operation_aborted);
        EXPECT_EQ(to_end_reason((*p)->failure), end_reason::cancelled);
    }
    EXPECT_EQ(joined.calls(), 1);
    EXPECT_FALSE(joined->failure);
    EXPECT_EQ(clock.elapsed(), 1s);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(scope_test, a_graceful_stop_lets_them_come_to_their_end_and_cancels_after_the_deadline) {
    completion_probe<> polite, stubborn, stopped;
    int taken = 0;
    children->spawn(
        ctx.get_executor(),
        items().item(1).hang() | stop_on(children->get_stop_token()) |
            inspect([&](int) { ++taken; }),
        polite.handler());
    children->spawn(ctx.get_executor(), sleeper(1h), stubborn.handler());
    clock.run_for(1s);

    children->async_stop(10s, stopped.handler());
    clock.run_for(1s);
    EXPECT_EQ(taken, 1);
    EXPECT_EQ(polite.calls(), 1);
    EXPECT_FALSE(polite->failure);
    EXPECT_EQ(stopped.calls(), 0);
    clock.run();

    EXPECT_EQ(stubborn->ec, asio::error::operation_aborted);
    EXPECT_EQ(stopped.calls(), 1);
    EXPECT_FALSE(stopped->failure);
    EXPECT_EQ(clock.elapsed(), 11s);
}

TEST_F(scope_test, a_deadline_that_has_passed_cancels_at_once) {
    for (auto within : {0s, -1s}) {
        completion_probe<> stopped;
        children->spawn(ctx.get_executor(), sleeper(1h));
        children->async_stop(within, stopped.handler());
        clock.run();

        EXPECT_EQ(stopped.calls(), 1);
        EXPECT_FALSE(stopped->failure);
        EXPECT_EQ(clock.elapsed(), 0s);
    }
}

TEST_F(scope_test, a_graceful_stop_does_not_wait_for_its_deadline_when_all_is_over) {
    children->spawn(ctx.get_executor(), items().hang() | stop_on(children->get_stop_token()));
    children->async_stop(1h, joined.handler());
    clock.run();

    EXPECT_EQ(joined.calls(), 1);
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(scope_test, joins_at_once_when_there_are_no_children_but_not_inside_the_call) {
    joined.start([&](auto handler) { children->async_join(std::move(handler)); });
    EXPECT_EQ(joined.calls(), 0);
    clock.run();

    EXPECT_EQ(joined.calls(), 1);
    EXPECT_FALSE(joined->inside);
}

TEST_F(scope_test, a_join_that_is_cancelled_leaves_the_children_alone) {
    asio::cancellation_signal cancel;
    completion_probe<> child;
    children->spawn(ctx.get_executor(), sleeper(1h), child.handler());
    children->async_join(asio::bind_cancellation_slot(cancel.slot(), joined.handler()));
    clock.run_for(1s);
    completion_probe<> second;
    children->async_join(second.handler());
    clock.run_for(1s);
    EXPECT_EQ(second->ec, errc::operation_in_progress);

    cancel.emit(asio::cancellation_type::total);
    clock.run_for(1s);

    EXPECT_EQ(joined->ec, asio::error::operation_aborted);
    EXPECT_EQ(child.calls(), 0);
}

TEST_F(scope_test, a_child_can_be_cancelled_alone) {
    asio::cancellation_signal cancel;
    completion_probe<> one, other;
    children->spawn(
        ctx.get_executor(),
        items().hang(),
        asio::bind_cancellation_slot(cancel.slot(), one.handler()));
    children->spawn(ctx.get_executor(), items().hang(), other.handler());
    clock.run();

    cancel.emit(asio::cancellation_type::total);
    clock.run();

    EXPECT_EQ(one->ec, asio::error::operation_aborted);
    EXPECT_EQ(other.calls(), 0);
    cancel.emit(asio::cancellation_type::total);
}

TEST_F(scope_test, destroyed_it_cancels_its_children_and_tells_who_joins) {
    completion_probe<> child;
    children->spawn(ctx.get_executor(), sleeper(1h), child.handler());
    join();
    clock.run_for(1s);

    children.reset();
    clock.run_for(1s);

    EXPECT_EQ(child->ec, asio::error::operation_aborted);
    EXPECT_EQ(joined.calls(), 1);
}

TEST_F(scope_test, the_context_of_a_child_may_go) {
    std::optional<asio::io_context> going(std::in_place);
    completion_probe<> begun, not_begun;
    children->spawn(going->get_executor(), items().hang(), begun.handler());
    going->poll();
    children->spawn(going->get_executor(), items().hang(), not_begun.handler());
    join();
    clock.run();
    EXPECT_EQ(joined.calls(), 0);

    going.reset();
    clock.run();

    EXPECT_EQ(begun->destroyed + not_begun->destroyed, 2);
    EXPECT_EQ(joined.calls(), 1);
    EXPECT_EQ(seen.live(), 0U);
}

TEST(scope_threads_test, children_on_several_threads_can_be_stopped_at_any_moment) {
    asio::thread_pool pool(2);
    for (int round = 0; round != 50; ++round) {
        scope s(pool.get_executor());
        std::atomic<int> ended = 0;
        for (int i = 0; i != 8; ++i)
            s.spawn(
                asio::make_strand(pool),
                [](scope& self) -> asio::awaitable<void> {
                    while (!self.get_stop_token().stop_requested())
                        co_await asio::post(asio::use_awaitable);
                }(s),
                [&](std::exception_ptr) { ++ended; });
        if (round % 2)
            s.request_stop();
        s.async_stop(1h, asio::use_future).get();
        EXPECT_EQ(ended, 8);
    }
    pool.join();
}

} // namespace
} // namespace streamx::testing
