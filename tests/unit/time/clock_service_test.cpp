#include <streamx/time/clock_service.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/virtual_clock.hpp>
#include <streamx/time/detail/timer.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

TEST(clock_service_test, is_the_steady_clock) {
    asio::io_context ctx;

    const auto before = std::chrono::steady_clock::now();
    const auto now = clock_service::of(ctx).now();

    EXPECT_LE(before, now);
    EXPECT_LE(now, std::chrono::steady_clock::now());
}

TEST(clock_service_test, is_one_for_all_executors_of_a_context) {
    asio::io_context ctx;
    virtual_clock clock(ctx);
    clock.run_for(1s);

    const asio::any_io_executor any = asio::make_strand(ctx);

    EXPECT_EQ(clock_service::of(any).now(), clock.now());
    EXPECT_EQ(&clock_service::of(any), &clock_service::of(ctx));
}

TEST(clock_service_test, works_in_any_context_that_runs_by_itself) {
    asio::thread_pool pool(2);
    std::promise<error_code> done;

    async_sleep_for(pool.get_executor(), 1us, [&](error_code ec) { done.set_value(ec); });

    EXPECT_FALSE(done.get_future().get());
}

TEST(clock_service_test, a_timer_may_outlive_its_context) {
    std::optional<asio::io_context> ctx(std::in_place);
    auto t = std::make_shared<streamx::detail::timer>(*ctx);
    completion_probe<> p, late;
    streamx::detail::timer::async_wait(t, t->now() + 1h, ctx->get_executor(), p.handler());

    ctx.reset();
    EXPECT_EQ(p->destroyed, 1);

    asio::io_context other;
    streamx::detail::timer::async_wait(t, t->now() + 1h, other.get_executor(), late.handler());
    other.run();
    EXPECT_EQ(late->ec, asio::error::operation_aborted);
}

TEST(clock_service_test, a_timer_may_be_set_anew_earlier_and_later) {
    asio::io_context ctx;
    virtual_clock clock(ctx);
    auto t = std::make_shared<streamx::detail::timer>(ctx);
    for (auto d : {3s, 1s, 2s}) {
        completion_probe<> p;
        const auto before = clock.now();
        streamx::detail::timer::async_wait(t, before + d, ctx.get_executor(), p.handler());
        clock.run();

        EXPECT_EQ(p.calls(), 1);
        EXPECT_EQ(clock.now() - before, d);
    }
}

} // namespace
} // namespace streamx::testing
