#include <streamx/testing/virtual_clock.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/completion_probe.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct virtual_clock_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    std::vector<clock_service::duration> times;

    void note_after(clock_service::duration d) {
        async_sleep_for(
            ctx.get_executor(), d, [this](error_code) { times.push_back(clock.elapsed()); });
    }
};

TEST_F(virtual_clock_test, half_an_hour_takes_no_time) {
    note_after(30min);
    note_after(1s);
    const auto before = std::chrono::steady_clock::now();

    clock.run();

    EXPECT_EQ(times, (std::vector<clock_service::duration>{1s, 30min}));
    EXPECT_LT(std::chrono::steady_clock::now() - before, 1min);
}

TEST_F(virtual_clock_test, moves_only_when_nothing_else_can_run) {
    int left = 1000;
    auto work = [&](auto again) -> void {
        times.push_back(clock.elapsed());
        if (--left != 0)
            asio::post(ctx, [again] { again(again); });
    };
    note_after(1ns);
    asio::post(ctx, [&] { work(work); });

    clock.run();

    ASSERT_EQ(times.size(), 1001u);
    EXPECT_EQ(times[999], 0ns);
    EXPECT_EQ(times[1000], 1ns);
}

TEST_F(virtual_clock_test, rings_those_of_one_time_in_the_order_in_which_they_were_set) {
    std::vector<int> order;
    for (int i = 0; i != 5; ++i)
        async_sleep_for(ctx.get_executor(), 1s, [&order, i](error_code) { order.push_back(i); });

    clock.run();

    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
}

TEST_F(virtual_clock_test, stands_while_it_is_held) {
    note_after(1s);

    clock.hold();
    clock.run();
    EXPECT_TRUE(times.empty());

    clock.hold(false);
    clock.run();
    EXPECT_EQ(times, (std::vector<clock_service::duration>{1s}));
}

TEST_F(virtual_clock_test, runs_for_no_longer_than_it_is_told) {
    for (auto d : {1s, 2s, 3s})
        note_after(d);

    clock.run_for(2500ms);

    EXPECT_EQ(times, (std::vector<clock_service::duration>{1s, 2s}));
    EXPECT_EQ(clock.elapsed(), 2500ms);
}

TEST_F(virtual_clock_test, takes_one_step_at_a_time) {
    note_after(1s);
    note_after(2s);

    EXPECT_EQ(clock.run_one(), 1u);
    EXPECT_EQ(clock.elapsed(), 1s);
    EXPECT_EQ(clock.run_one(), 1u);
    EXPECT_EQ(clock.elapsed(), 2s);
    EXPECT_EQ(clock.run_one(), 0u);
}

TEST_F(virtual_clock_test, a_context_has_only_one) {
    EXPECT_THROW(virtual_clock{ctx}, std::logic_error);
}

TEST_F(virtual_clock_test, what_waits_goes_by_the_real_time_when_it_is_gone) {
    asio::io_context other;
    completion_probe<> p;
    {
        virtual_clock here(other);
        async_sleep_for(other.get_executor(), 1ns, p.handler()); // real time is beyond that
        other.poll();
        EXPECT_EQ(p.calls(), 0);
    }

    other.restart();
    other.run();

    EXPECT_EQ(p.calls(), 1);
}

} // namespace
} // namespace streamx::testing
