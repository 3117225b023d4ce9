#include <streamx/operators/balance.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/dump_graph.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using ints = std::vector<int>;

struct balance_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }

    void run() {
        ctx.restart();
        ctx.poll();
    }

    /// Asks a worker for one item.
    completion_probe<std::optional<int>> ask(balance_stream<int>& worker) {
        completion_probe<std::optional<int>> p;
        p.start([&](auto handler) { worker.async_next(std::move(handler)); });
        run();
        return p;
    }

    static int item_of(const completion_probe<std::optional<int>>& p) {
        return p.calls() && p->value && *p->value ? **p->value : 0;
    }
};

TEST_F(balance_test, is_shown_under_a_name_and_counts) {
    auto w = range(0, 9) | on(ctx) | balance(2, {.name = "jobs"});
    EXPECT_EQ(item_of(ask(w[1])), 0);
    EXPECT_EQ(item_of(ask(w[0])), 1);

    EXPECT_EQ(w[0].stats().received, 2u) << "they have one channel";
    EXPECT_NE(dump_graph(ctx).find("jobs: "), std::string::npos) << dump_graph(ctx);
}

TEST_F(balance_test, gives_each_item_to_the_worker_that_has_waited_the_longest) {
    auto w = upstream().item(1).item(2).pending().item(3).end() | balance(3);
    completion_probe<std::optional<int>> asked[3];
    for (int i : {2, 0, 1})
        asked[i].start([&](auto handler) { w[i].async_next(std::move(handler)); });
    run();

    EXPECT_EQ(item_of(asked[2]), 1);
    EXPECT_EQ(item_of(asked[0]), 2);
    EXPECT_EQ(item_of(asked[1]), 3);
}

TEST_F(balance_test, lets_a_worker_that_is_ready_take_what_a_busy_one_does_not_ask_for) {
    auto w = range(1, 7) | on(ctx) | balance(2);
    EXPECT_EQ(item_of(ask(w[0])), 1); // and it is busy from now on

    EXPECT_EQ(collect(ctx, w[1]).items, (ints{2, 3, 4, 5, 6}));
    EXPECT_TRUE(collect(ctx, w[0]).ended);
}

TEST_F(balance_test, gives_the_item_of_a_worker_that_is_destroyed_to_another) {
    auto w = upstream().pending().item(1).item(2).end() | balance(2);
    std::optional gone(std::move(w[0]));
    completion_probe<std::optional<int>> p;
    p.start([&](auto handler) { gone->async_next(std::move(handler)); });
    while (seen.items() == 0)
        ASSERT_NE(ctx.poll_one(), 0u);
    ASSERT_EQ(p.calls(), 0) << "the item is on its way";

    gone.reset();

    EXPECT_EQ(collect(ctx, w[1]).items, (ints{1, 2}));
    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

TEST_F(balance_test, tells_every_worker_of_the_end_and_of_a_failure) {
    auto w = upstream().item(1).fail(asio::error::eof) | balance(2);
    EXPECT_EQ(collect(ctx, w[0]).items, ints{1});

    EXPECT_EQ(collect(ctx, w[1]).ec, asio::error::eof);
    EXPECT_TRUE(collect(ctx, w[1]).ended);
    EXPECT_EQ(seen.misuses(), 0u);
}

TEST_F(balance_test, asks_upstream_for_nothing_before_a_worker_does) {
    auto w = upstream().item(1).end() | balance(2);
    run();

    EXPECT_EQ(seen.pulls(), 0u);
}

TEST_F(balance_test, lets_go_of_upstream_when_all_workers_are_gone) {
    std::optional w(upstream().hang() | balance(2));
    EXPECT_EQ(ask((*w)[0]).calls(), 0);
    w->pop_back();
    run();
    EXPECT_EQ(seen.live(), 1u);

    w.reset();
    run();

    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(balance_test, keeps_no_context_running_while_nobody_asks) {
    auto w = range(1, 9) | on(ctx) | balance(2);
    EXPECT_EQ(item_of(ask(w[0])), 1);

    ctx.restart();
    ctx.run(); // returns

    EXPECT_EQ(item_of(ask(w[1])), 2);
}

TEST_F(balance_test, survives_the_destruction_of_its_context) {
    std::vector<balance_stream<int>> w;
    completion_probe<std::optional<int>> p;
    {
        asio::io_context gone;
        w = script_source<int>(gone.get_executor(), seen).hang() | balance(2);
        p.start([&](auto handler) { w[0].async_next(std::move(handler)); });
        gone.poll();
    }

    EXPECT_EQ(p->destroyed, 1);
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(balance_test, refuses_0_workers_and_names_the_parameter) {
    try {
        static_cast<void>(balance(0));
        FAIL() << "accepted";
    } catch (const std::invalid_argument& e) {
        EXPECT_EQ(std::string(e.what()), "balance: number must be at least 1");
    }
}

asio::awaitable<void> work(balance_stream<int> items, std::size_t at_most, ints& done) {
    while (done.size() < at_most) {
        auto item = co_await items.next();
        if (!item)
            co_return;
        done.push_back(*item);
        if (*item % 7 == 0)
            co_await asio::post(asio::use_awaitable);
    }
}

TEST_F(balance_test, loses_and_doubles_nothing_on_two_threads_while_workers_leave) {
    constexpr int items = 20'000;
    auto w = range(0, items) | on(asio::make_strand(ctx)) | balance(4);
    std::array<ints, 4> done;
    std::vector<std::future<void>> over;
    for (std::size_t i = 0; i != w.size(); ++i)
        over.push_back(asio::co_spawn(
            asio::make_strand(ctx),
            work(std::move(w[i]), i == 0 ? items + 1 : 100 * i, done[i]), // the others leave
            asio::use_future));
    w.clear();

    std::jthread second([&] { ctx.run(); });
    ctx.run();
    second.join();
    for (auto& f : over)
        f.get();

    ints all;
    for (auto& d : done)
        all.insert(all.end(), d.begin(), d.end());
    std::ranges::sort(all);
    ASSERT_EQ(all.size(), std::size_t{items});
    for (int i = 0; i != items; ++i)
        ASSERT_EQ(all[i], i);
}

} // namespace
} // namespace streamx::testing
