#include <streamx/operators/map_async.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/any_stream.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_collect.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/tracking_executor.hpp>
#include <streamx/testing/virtual_clock.hpp>
#include <streamx/time/sleep_for.hpp>
#include <unit/operators/desk.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct map_async_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    desk work{ctx};

    script_source<int> items(int n) {
        script_source<int> s(ctx.get_executor(), seen);
        for (int i = 1; i <= n; ++i)
            s.item(i);
        return s;
    }
    any_stream<int> over(script_source<int> up, std::size_t n) {
        return any_stream<int>(std::move(up) | map_async(n, std::ref(work)));
    }
    /// A pull of what does not come yet.
    completion_probe<std::optional<int>> pull(any_stream<int>& s) {
        completion_probe<std::optional<int>> p;
        p.start([&](auto handler) {
            s.async_next(asio::bind_executor(ctx.get_executor(), std::move(handler)));
        });
        clock.run();
        return p;
    }
};

TEST_F(map_async_test, takes_an_item_when_the_result_of_the_last_one_has_been_taken) {
    auto s = over(items(3).end(), 1);
    auto first = pull(s);
    EXPECT_EQ(work.started, (std::vector{1}));

    work.finish(1);
    clock.run();
    EXPECT_EQ(**first->value, 10);
    EXPECT_EQ(seen.items(), 1U);

    auto second = pull(s);
    EXPECT_EQ(work.started, (std::vector{1, 2}));
    work.finish(2);
    clock.run();
    EXPECT_EQ(**second->value, 20);
}

TEST_F(map_async_test, gives_the_results_in_the_order_of_the_items) {
    auto s = over(items(3).end(), 3);
    auto first = pull(s);
    EXPECT_EQ(work.started, (std::vector{1, 2, 3}));

    work.finish(3);
    work.finish(2);
    clock.run();
    EXPECT_EQ(first.calls(), 0);
    work.finish(1);
    clock.run();

    EXPECT_EQ(**first->value, 10);
    EXPECT_EQ(collect(clock, s).items, (std::vector{20, 30}));
}

TEST_F(map_async_test, takes_no_more_than_n_whose_results_have_not_been_taken) {
    auto s = over(items(9).end(), 2);
    auto first = pull(s);
    work.finish(1);
    work.finish(2);
    clock.run();
    EXPECT_EQ(first.calls(), 1);
    EXPECT_EQ(seen.items(), 2U);

    EXPECT_EQ(**pull(s)->value, 20);

    EXPECT_EQ(work.started, (std::vector{1, 2, 3}));
}

TEST_F(map_async_test, goes_on_with_what_is_in_flight_whether_or_not_anybody_pulls) {
    std::vector<int> done;
    auto s = items(3).hang() | map_async(2, [&](int i) -> asio::awaitable<int> {
                 co_await sleep_for(1s);
                 co_await sleep_for(1s);
                 done.push_back(i);
                 co_return i;
             });
    EXPECT_FALSE(s.try_next());
    s.async_wait(asio::bind_executor(ctx.get_executor(), [](error_code) {}));
    clock.run_for(0s);
    EXPECT_FALSE(s.try_next());

    clock.run_for(2s);

    EXPECT_EQ(done, (std::vector{1, 2}));
    EXPECT_EQ(*s.try_next(), 1);
}

TEST_F(map_async_test, a_failure_comes_in_order_and_cancels_what_is_behind_it) {
    auto s = over(items(4).hang(), 3);
    auto first = pull(s);

    work.finish(2, asio::error::connection_reset);
    clock.run();
    EXPECT_EQ(work.started, (std::vector{1, 2, 3}));
    EXPECT_EQ(first.calls(), 0);
    work.finish(1);
    clock.run();
    EXPECT_EQ(**first->value, 10);

    auto got = collect(clock, s);
    EXPECT_EQ(work.cancelled, (std::vector{3}));
    EXPECT_EQ(got.items, std::vector<int>());
    EXPECT_EQ(got.ec, asio::error::connection_reset);
    EXPECT_TRUE(collect(clock, s).ended);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(map_async_test, waits_for_those_that_it_cancels) {
    work.stubborn = true;
    auto s = over(items(2).hang(), 2);
    auto first = pull(s);
    work.finish(1, asio::error::connection_reset);
    clock.run();
    EXPECT_EQ(work.cancelled, (std::vector{2}));
    EXPECT_EQ(first.calls(), 0);

    work.finish(2);
    clock.run();

    EXPECT_EQ(first->ec, asio::error::connection_reset);
}

TEST_F(map_async_test, a_failure_of_upstream_comes_behind_what_is_in_flight) {
    auto s = over(items(2).fail(std::make_exception_ptr(std::runtime_error("boom"))), 4);
    auto first = pull(s);
    EXPECT_EQ(first.calls(), 0);
    work.finish(1);
    work.finish(2);
    clock.run();

    EXPECT_EQ(**first->value, 10);
    auto rest = collect(clock, s);
    EXPECT_EQ(rest.items, (std::vector{20}));
    EXPECT_EQ(rest.what, "boom");
}

TEST_F(map_async_test, a_pull_that_is_cancelled_cancels_nothing_else) {
    auto s = over(items(1).end(), 1);
    EXPECT_EQ(
        next_cancelled(clock, s, asio::cancellation_type::terminal),
        asio::error::operation_aborted);
    EXPECT_EQ(work.cancelled, std::vector<int>());

    work.finish(1);

    EXPECT_EQ(collect(clock, s).items, (std::vector{10}));
}

TEST_F(map_async_test, destroyed_it_cancels_what_is_in_flight_and_its_function_lives_until_then) {
    auto captured = std::make_shared<int>(1);
    std::weak_ptr<int> alive = captured;
    int aborted = 0;
    std::optional s(any_stream<int>(
        items(2).hang() |
        map_async(
            2, [this, &aborted, captured = std::move(captured)](int i) -> asio::awaitable<int> {
                try {
                    co_await work(i, asio::use_awaitable);
                } catch (const std::exception&) {
                    aborted += *captured;
                }
                co_return i;
            })));
    auto p = pull(*s);

    s.reset();
    EXPECT_FALSE(alive.expired());
    clock.run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_EQ(work.cancelled, (std::vector{1, 2}));
    EXPECT_EQ(aborted, 2);
    EXPECT_TRUE(alive.expired());
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(map_async_test, a_stream_that_nobody_pulls_is_no_work) {
    auto s = any_stream<int>(
        items(2).hang() | map_async([](int i) -> asio::awaitable<int> { co_return i; }));
    EXPECT_EQ(**next(clock, s).value, 1);

    ctx.restart();
    EXPECT_EQ(ctx.run(), 0U);
    EXPECT_EQ(**next(clock, s).value, 2);
}

TEST_F(map_async_test, what_is_in_flight_is_work) {
    asio::io_context elsewhere;
    desk far(elsewhere);
    auto s = items(2).hang() | map_async([&](int i) { return far(i, asio::use_awaitable); });
    EXPECT_FALSE(s.try_next());
    s.async_wait(asio::bind_executor(ctx.get_executor(), [](error_code) {}));
    clock.run();
    EXPECT_FALSE(s.try_next());

    ctx.restart();
    ctx.poll();
    EXPECT_FALSE(ctx.stopped());
    far.finish(1);
    elsewhere.poll();
    ctx.poll();
    EXPECT_TRUE(ctx.stopped());
    EXPECT_EQ(*s.try_next(), 10);
}

TEST_F(map_async_test, its_context_may_go_before_it) {
    std::optional<asio::io_context> going(std::in_place);
    std::vector<any_stream<int>> streams;
    for (bool idle : {false, true}) {
        script_source<int> up(going->get_executor(), seen);
        up.item(1).hang();
        streams.emplace_back(std::move(up) | map_async(2, [idle](int i) -> asio::awaitable<int> {
                                 if (!idle)
                                     co_await sleep_for(1h);
                                 co_return i;
                             }));
    }
    EXPECT_TRUE(collect(*going, streams[0]).hung);
    EXPECT_EQ(collect(*going, streams[1]).items, (std::vector{1}));

    going.reset();
    streams.clear();

    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(map_async_test, what_is_lost_with_its_context_is_a_failure_for_a_consumer_elsewhere) {
    std::optional<asio::io_context> going(std::in_place);
    auto s = any_stream<int>(items(1).hang() | map_async([&](int) -> asio::awaitable<int> {
                                 co_await asio::post(going->get_executor(), asio::use_awaitable);
                                 co_return 1;
                             }));
    auto p = pull(s);
    EXPECT_EQ(p.calls(), 0);

    going.reset();
    clock.run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

TEST_F(map_async_test, makes_an_item_of_no_result_and_of_several) {
    auto nothing = items(1).end() | map_async([](int) -> asio::awaitable<void> { co_return; });
    static_assert(std::same_as<item_t<decltype(nothing)>, std::monostate>);
    auto two = items(1).end() | map_async([]<class Token>(int i, Token&& token) {
                   return asio::async_initiate<Token, void(int, std::string)>(
                       [](auto handler, int n) {
                           auto ex = asio::get_associated_executor(handler);
                           asio::post(ex, [n, h = std::move(handler)]() mutable {
                               std::move(h)(n, "two");
                           });
                       },
                       token,
                       i);
               });

    EXPECT_EQ(collect(clock, std::move(nothing)).items.size(), 1U);
    EXPECT_EQ(collect(clock, std::move(two)).items.front(), std::tuple(1, "two"));
}

TEST_F(map_async_test, what_a_function_does_to_its_cancellation_is_for_its_own_item) {
    std::vector<bool> filters;
    auto s = any_stream<int>(items(2).end() | map_async([&](int i) -> asio::awaitable<int> {
                                 filters.push_back(co_await asio::this_coro::throw_if_cancelled());
                                 co_await asio::this_coro::throw_if_cancelled(false);
                                 co_return i;
                             }));

    EXPECT_EQ(collect(clock, s).items.size(), 2U);
    EXPECT_EQ(filters, (std::vector{true, true}));
}

TEST_F(map_async_test, runs_where_it_is_pulled_if_upstream_has_no_executor) {
    tracking_executor there(ctx.get_executor());
    std::vector<bool> inside;
    completion_probe<std::vector<int>> p;
    async_collect(
        range(0, 3) | map_async([&](int i) -> asio::awaitable<int> {
            inside.push_back(there.running_here());
            co_await asio::post(asio::use_awaitable);
            inside.push_back(there.running_here());
            co_return i;
        }),
        asio::bind_executor(there, p.handler()));
    clock.run();

    EXPECT_EQ(p->value, (std::vector{0, 1, 2}));
    EXPECT_EQ(inside, std::vector<bool>(6, true));
}

TEST_F(map_async_test, lets_others_run_while_nothing_waits) {
    int taken = 0;
    int taken_when_others_ran = 0;
    completion_probe<> p;
    async_collect(
        range(0, 20000) | map_async([&](int i) -> asio::awaitable<int> {
            if (++taken == 1)
                asio::post(ctx, [&] { taken_when_others_ran = taken; });
            co_return i;
        }),
        asio::bind_executor(ctx.get_executor(), p.handler()));
    clock.run();

    EXPECT_EQ(taken, 20000);
    EXPECT_LT(taken_when_others_ran, 5000);
}

TEST_F(map_async_test, what_the_consumer_throws_inside_a_worker_is_its_own) {
    completion_probe<std::vector<int>> p;
    async_collect(
        items(3).end() | map_async([](int i) -> asio::awaitable<int> { co_return i; }) |
            map([](int i) { return i < 2 ? i : throw std::runtime_error("the consumer's"); }),
        asio::bind_executor(ctx.get_executor(), p.handler()));
    clock.run();

    EXPECT_EQ(p->what, "the consumer's");
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(map_async_test, keeps_nothing_of_a_context_that_is_gone) {
    const auto pull_on_a_strand = [](auto f) {
        auto own = std::make_unique<asio::io_context>();
        any_stream<int> s = range(0, 3) | on(*own) | map_async(1, f);
        completion_probe<std::optional<int>> p;
        s.async_next(asio::bind_executor(asio::make_strand(*own), p.handler()));
        own->run();
        EXPECT_EQ(p->value, 0);
        own.reset();
        s = any_stream<int>(); // which must not touch the strand
    };
    pull_on_a_strand([](int i) -> asio::awaitable<int> { co_return i; });
    pull_on_a_strand([](int i, auto&& token) {
        return asio::async_initiate<decltype(token), void(int)>(
            [i](auto handler) {
                auto ex = asio::get_associated_executor(handler);
                asio::post(ex, [i, h = std::move(handler)]() mutable { std::move(h)(i); });
            },
            token);
    });
}

TEST_F(map_async_test, refuses_to_do_nothing_at_a_time) {
    EXPECT_THROW(
        (void)map_async(0, [](int i) -> asio::awaitable<int> { co_return i; }),
        std::invalid_argument);
}

} // namespace
} // namespace streamx::testing
