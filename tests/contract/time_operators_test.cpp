#include <contract/operator_contract.hpp>

#include <streamx/core/any_stream.hpp>
#include <streamx/operators/chunks_timeout.hpp>
#include <streamx/operators/concat.hpp>
#include <streamx/operators/deadline.hpp>
#include <streamx/operators/debounce.hpp>
#include <streamx/operators/delay.hpp>
#include <streamx/operators/drop_for.hpp>
#include <streamx/operators/elapsed.hpp>
#include <streamx/operators/filter_map.hpp>
#include <streamx/operators/keep_alive.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/rate_limit.hpp>
#include <streamx/operators/sample.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/operators/take_for.hpp>
#include <streamx/operators/throttle_first.hpp>
#include <streamx/operators/timeout.hpp>
#include <streamx/operators/timestamp.hpp>
#include <streamx/sources/after.hpp>
#include <streamx/sources/interval.hpp>
#include <streamx/terminals/async_collect.hpp>
#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// One line an operator: see operator_contract.hpp for what it promises. Time passes only where
// nothing else can run.

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

/// For what would come to its end by the time that passes.
can held() { return {.time_passes = false}; }

auto without_time() {
    return map([](auto pair) { return std::get<1>(std::move(pair)); });
}

/// Destroyed after any number of steps it tells its waiter, and leaves no timer and no upstream.
template <class Make>
void leaves_nothing_behind(Make make) {
    bool over = false;
    for (int steps = 0; !over; ++steps) {
        SCOPED_TRACE("destroyed after " + std::to_string(steps) + " steps");
        ASSERT_LT(steps, 100);
        asio::io_context ctx;
        virtual_clock clock(ctx);
        observer seen;
        completion_probe<std::vector<int>> p;
        std::optional s(make(play(ctx.get_executor(), plan<int>{3, true}, seen)));
        async_collect(*s, bind_executor(ctx.get_executor(), p.handler()));
        for (int i = 0; i != steps; ++i)
            clock.run_one();
        over = p.calls() != 0;
        const auto then = clock.now();

        s.reset();
        clock.run();

        EXPECT_EQ(p.calls(), 1);
        EXPECT_EQ(p->ec, over ? error_code() : asio::error::operation_aborted);
        EXPECT_EQ(seen.live(), 0u);
        EXPECT_EQ(clock.now(), then) << "a timer is left";
    }
}

TEST(time_operators_test, destroyed_anywhere_they_leave_nothing_behind) {
    auto check = [](auto op) {
        leaves_nothing_behind([&op](auto up) { return std::move(up) | delay(1h) | op; });
    };
    check(delay(1h));
    check(rate_limit(1, 1, [](int) { return 1h / 1s; }));
    check(timeout(2h));
    check(chunks_timeout(2, 90min) | map([](auto chunk) { return chunk[0]; }));
    check(sample(90min));
    check(debounce(30min));
    check(take_for(150min));
    check(deadline(9h));
}

template <class Executor>
auto one_after_the_other(const Executor& ex, int last) {
    std::vector<any_stream<int>> all;
    for (int i = 1; i <= last; ++i)
        all.push_back(after(ex, 1h) | map([i](auto) { return i; }));
    return concat(std::move(all));
}

// clang-format off
TEST(time_operators_test, delay_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | delay(1h); }); }
TEST(time_operators_test, rate_limit_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | rate_limit(1); }); }
TEST(time_operators_test, rate_limit_by_weight_keeps_the_contract) { operator_contract([](auto up, auto user) { return std::move(up) | rate_limit(1, 1, [user](auto& item) { user(item); return 1; }); }); }
TEST(time_operators_test, timeout_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | timeout(1h); }, held()); }
TEST(time_operators_test, chunks_timeout_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | chunks_timeout(2, 1h); }); }
TEST(time_operators_test, chunks_timeout_of_what_comes_in_time_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | delay(2h) | chunks_timeout(9, 3h); }); }
TEST(time_operators_test, throttle_first_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | throttle_first(0s); }); }
TEST(time_operators_test, sample_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | delay(2h) | sample(1h); }); }
TEST(time_operators_test, debounce_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | delay(2h) | debounce(1h); }); }
TEST(time_operators_test, take_for_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | take_for(1h); }, held()); }
TEST(time_operators_test, drop_for_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | drop_for(0s); }); }
TEST(time_operators_test, timestamp_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | timestamp() | without_time(); }); }
TEST(time_operators_test, elapsed_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | elapsed() | without_time(); }); }
TEST(time_operators_test, deadline_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | deadline(1h); }, held()); }
TEST(time_operators_test, keep_alive_keeps_the_contract) { operator_contract([](auto up) { return std::move(up) | map([](auto item) { return std::optional(std::move(item)); }) | keep_alive(1h, [] { return std::nullopt; }) | filter_map([](auto item) { return item; }); }, held()); }
TEST(time_operators_test, interval_keeps_the_contract) { source_contract<int>([](auto ex, auto p) { return interval(ex, 1h) | take(p.items) | map([](auto i) { return static_cast<int>(i) + 1; }); }, {.fail = false, .hang = false}); }
TEST(time_operators_test, after_keeps_the_contract) { source_contract<int>([](auto ex, auto p) { return one_after_the_other(ex, p.items); }, {.fail = false, .hang = false}); }
// clang-format on

} // namespace
} // namespace streamx::testing
