#include <streamx/time/sleep_for.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <utility>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct sleep_for_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    completion_probe<> p;
};

TEST_F(sleep_for_test, completes_when_it_is_time) {
    p.start([&](auto h) { async_sleep_for(ctx.get_executor(), 1s, std::move(h)); });

    clock.run_for(1s - 1ns);
    EXPECT_EQ(p.calls(), 0);
    clock.run_for(1ns);
    clock.run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->ec);
}

TEST_F(sleep_for_test, no_time_at_all_is_a_post) {
    for (auto d : {0s, -1s}) {
        completion_probe<> now;
        now.start([&](auto h) { async_sleep_for(ctx.get_executor(), d, std::move(h)); });
        clock.run();

        EXPECT_EQ(now.calls(), 1);
        EXPECT_FALSE(now->inside);
        EXPECT_EQ(clock.elapsed(), 0s);
    }
}

TEST_F(sleep_for_test, coroutines_sleep_as_well) {
    asio::co_spawn(
        ctx,
        []() -> asio::awaitable<void> {
            co_await sleep_for(20min);
            co_await sleep_for(10min);
        },
        p.handler());

    clock.run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_EQ(clock.elapsed(), 30min);
}

TEST_F(sleep_for_test, is_cancelled_by_every_type_and_leaves_no_timer) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        asio::cancellation_signal cancel;
        completion_probe<> cancelled;
        async_sleep_for(
            ctx.get_executor(),
            1h,
            asio::bind_cancellation_slot(cancel.slot(), cancelled.handler()));
        cancel.emit(how);
        clock.run();

        EXPECT_EQ(cancelled->ec, asio::error::operation_aborted);
        EXPECT_EQ(clock.elapsed(), 0s);
    }
}

TEST_F(sleep_for_test, keeps_its_context_running_by_the_real_clock) {
    asio::io_context real;
    async_sleep_for(real.get_executor(), 1h, p.handler());
    async_sleep_for(real.get_executor(), 1ns, p.handler());

    real.run_one();

    EXPECT_EQ(p.calls(), 1);
    real.poll();
    EXPECT_FALSE(real.stopped());
}

TEST_F(sleep_for_test, a_cancelled_one_keeps_no_context_running) {
    asio::io_context real;
    asio::cancellation_signal cancel;
    async_sleep_for(
        real.get_executor(), 1h, asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    cancel.emit(asio::cancellation_type::terminal);

    real.run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

TEST_F(sleep_for_test, the_end_of_its_context_is_the_end_of_it) {
    std::optional<asio::io_context> gone(std::in_place);
    async_sleep_for(gone->get_executor(), 1h, p.handler());

    gone.reset();

    EXPECT_EQ(p->destroyed, 1);
}

TEST_F(sleep_for_test, tells_who_waits_in_another_context_that_the_clock_is_gone) {
    std::optional<asio::io_context> gone(std::in_place);
    async_sleep_for(gone->get_executor(), 1h, asio::bind_executor(ctx.get_executor(), p.handler()));

    gone.reset();
    clock.run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

} // namespace
} // namespace streamx::testing
