#include <streamx/channels/share.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <streamx/channels/dump_graph.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct share_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }

    void run() {
        ctx.restart();
        ctx.poll();
    }

    /// A function that makes streams, each of which gives its number, a 0, and nothing more.
    auto numbered() {
        return [this, n = 0]() mutable { return upstream().item(++n).item(0).hang(); };
    }

    /// The next item, or -1 if none comes.
    template <class S>
    int item_of(S& s) {
        auto got = next(clock, s);
        return got.value && *got.value ? **got.value : -1;
    }
};

TEST_F(share_test, is_shown_under_a_name) {
    auto shared = share(upstream().item(1).pending(), {.name = "prices"});
    auto s = shared.subscribe();
    received<int> got;
    s.async_next(into(got));
    run();

    EXPECT_NE(dump_graph(ctx).find("prices: put 1"), std::string::npos) << dump_graph(ctx);
}

TEST_F(share_test, gives_every_subscriber_every_item) {
    auto shared = share(upstream().item(1).pending().item(2).end(), {.start_after = 2});
    auto a = shared.subscribe({.capacity = 9});
    auto b = shared.subscribe({.capacity = 9});

    EXPECT_EQ(collect(clock, a).items, (ints{1, 2}));
    EXPECT_EQ(collect(clock, b).items, (ints{1, 2}));
    EXPECT_EQ(seen.live(), 0u);
    EXPECT_EQ(seen.misuses(), 0u);
    EXPECT_FALSE(shared.is_running());
}

TEST_F(share_test, starts_with_the_first_subscriber) {
    auto shared = share(upstream().item(1).hang());
    run();
    EXPECT_EQ(seen.pulls(), 0u);
    EXPECT_FALSE(shared.is_running());

    auto s = shared.subscribe();
    run();

    EXPECT_NE(seen.pulls(), 0u);
    EXPECT_TRUE(shared.is_running());
    EXPECT_EQ(shared.subscriber_count(), 1u);
}

TEST_F(share_test, starts_when_there_are_as_many_as_it_was_told) {
    auto shared = share(upstream().item(1).hang(), {.start_after = 2});
    auto a = shared.subscribe({.capacity = 9});
    {
        auto gone = std::optional(shared.subscribe());
        EXPECT_TRUE(shared.is_running());
    }
    EXPECT_TRUE(shared.is_running()) << "one is enough to go on";
    EXPECT_EQ(item_of(a), 1);
}

TEST_F(share_test, does_not_count_who_has_left_before_it_starts) {
    auto shared = share(upstream().item(1).hang(), {.start_after = 2});
    {
        auto left = shared.subscribe();
    }
    auto a = shared.subscribe();
    run();

    EXPECT_EQ(seen.pulls(), 0u);
    EXPECT_EQ(shared.subscriber_count(), 1u);
    auto b = shared.subscribe();
    EXPECT_TRUE(shared.is_running());
}

TEST_F(share_test, stops_with_the_last_subscriber_and_lets_go_of_the_stream) {
    auto shared = share(upstream().item(1).hang());
    auto a = std::optional(shared.subscribe({.capacity = 9}));
    auto b = std::optional(shared.subscribe({.capacity = 9}));
    run();
    a.reset();
    run();
    EXPECT_EQ(seen.live(), 1u);

    b.reset();
    run();

    EXPECT_EQ(seen.live(), 0u);
    EXPECT_FALSE(shared.is_running());
    auto late = shared.subscribe();
    EXPECT_TRUE(collect(clock, late).ended) << "what was stopped is not started again";
}

TEST_F(share_test, stops_when_a_consumer_ends_its_stream_early) {
    auto shared = share(upstream().pending().item(1).hang());
    {
        auto s = shared.subscribe();
        EXPECT_EQ(item_of(s), 1);
    }
    run();

    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(share_test, goes_on_with_who_comes_within_the_grace) {
    auto shared = share(upstream().item(1).item(2).hang(), {.stop_grace = 10s});
    {
        auto a = shared.subscribe();
        EXPECT_EQ(item_of(a), 1);
    }
    clock.run_for(9s);
    EXPECT_TRUE(shared.is_running());

    auto b = shared.subscribe();
    EXPECT_EQ(item_of(b), 2) << "it waited for a subscriber";
    clock.run_for(1h);
    EXPECT_TRUE(shared.is_running());
    EXPECT_EQ(seen.live(), 1u);
}

TEST_F(share_test, stops_when_the_grace_is_over_counted_from_the_last_leave) {
    auto shared = share(upstream().hang(), {.stop_grace = 10s});
    {
        auto a = shared.subscribe();
    }
    clock.run_for(9s);
    {
        auto b = shared.subscribe();
    }
    clock.run_for(9s);
    EXPECT_EQ(seen.live(), 1u);

    clock.run_for(1s);

    EXPECT_EQ(seen.live(), 0u);
    EXPECT_FALSE(shared.is_running());
}

TEST_F(share_test, never_stops_with_all_the_grace_there_is_and_keeps_nothing_running) {
    auto shared =
        share(upstream().item(1).item(2).hang(), {.stop_grace = clock_service::duration::max()});
    {
        auto a = shared.subscribe();
        EXPECT_EQ(item_of(a), 1);
    }
    ctx.restart();
    ctx.run(); // returns

    auto b = shared.subscribe();
    EXPECT_EQ(item_of(b), 2);
}

TEST_F(share_test, does_with_items_in_the_grace_what_it_was_told) {
    auto shared = share(
        upstream().item(1).item(2).pending().item(3).hang(),
        {.stop_grace = 10s, .no_subscribers = no_subscribers::discard, .retain = 1});
    {
        auto a = shared.subscribe({.capacity = 1});
        EXPECT_EQ(item_of(a), 1);
    }
    clock.run_for(1s);

    auto b = shared.subscribe({.capacity = 9, .replay = 1});
    EXPECT_EQ(item_of(b), 3);
    EXPECT_EQ(shared.stats().discarded, 1u) << "the 3; the 2 was undelivered or discarded";
}

TEST_F(share_test, a_failure_reaches_all_and_those_who_come_later) {
    auto shared = share(upstream().item(1).fail(asio::error::eof), {.start_after = 2, .retain = 1});
    auto a = shared.subscribe({.capacity = 9});
    auto b = shared.subscribe();

    auto of_b = collect(clock, b);
    auto of_a = collect(clock, a);
    EXPECT_EQ(of_a.items, ints{1});
    EXPECT_EQ(of_a.ec, asio::error::eof);
    EXPECT_EQ(of_b.items, ints{1});
    EXPECT_EQ(of_b.ec, asio::error::eof);
    EXPECT_EQ(seen.live(), 0u);
    auto late = shared.subscribe({.capacity = 1, .replay = 1});
    auto of_late = collect(clock, late);
    EXPECT_EQ(of_late.items, ints{1});
    EXPECT_EQ(of_late.ec, asio::error::eof);
}

TEST_F(share_test, a_function_makes_a_new_stream_when_it_was_stopped) {
    auto shared = share(numbered());
    EXPECT_EQ(seen.live(), 0u) << "made before anybody came";
    for (int n : {1, 2, 3}) {
        auto s = shared.subscribe();
        EXPECT_EQ(item_of(s), n);
    }
    run();

    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(share_test, a_function_makes_a_new_stream_after_an_end_and_a_failure) {
    int n = 0;
    auto shared = share([&] {
        auto s = upstream().item(++n);
        return n == 1 ? std::move(s).fail(asio::error::eof) : std::move(s).end();
    });
    auto slow = shared.subscribe({.capacity = 9});
    run(); // it has failed, and the slow one has not seen it yet

    auto second = shared.subscribe();
    EXPECT_EQ(collect(clock, second).items, ints{2});
    auto third = shared.subscribe();
    EXPECT_EQ(collect(clock, third).items, ints{3});
    auto got = collect(clock, slow);
    EXPECT_EQ(got.items, ints{1});
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(share_test, who_leaves_an_old_stream_does_not_stop_the_new_one) {
    int n = 0;
    auto shared =
        share([&] { return ++n == 1 ? upstream().item(1).end() : upstream().item(2).hang(); });
    auto old = std::optional(shared.subscribe({.capacity = 9}));
    run();
    auto current = shared.subscribe({.capacity = 9});

    old.reset();
    run();

    EXPECT_TRUE(shared.is_running());
    EXPECT_EQ(item_of(current), 2);
}

TEST_F(share_test, hands_out_what_the_function_throws_and_can_be_asked_again) {
    int calls = 0;
    auto shared = share([&] {
        if (++calls == 1)
            throw std::runtime_error("cannot be made");
        return upstream().item(7).end();
    });

    EXPECT_THROW(static_cast<void>(shared.subscribe()), std::runtime_error);
    auto s = shared.subscribe();
    EXPECT_EQ(collect(clock, s).items, ints{7});
}

TEST_F(share_test, a_cancelled_pull_of_one_touches_no_other) {
    auto shared = share(upstream().hang());
    auto a = shared.subscribe();
    auto b = shared.subscribe();
    received<int> other;
    b.async_next(into(other));

    EXPECT_EQ(
        next_cancelled(ctx, a, asio::cancellation_type::terminal), asio::error::operation_aborted);
    EXPECT_FALSE(other.done);
    EXPECT_TRUE(shared.is_running());
}

TEST_F(share_test, lives_as_long_as_its_subscribers) {
    auto s =
        std::optional(share(upstream().pending().item(1).hang(), {.stop_grace = 10s}).subscribe());
    EXPECT_EQ(item_of(*s), 1);

    s.reset(); // and nobody could come any more: no grace
    run();

    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(share_test, survives_the_destruction_of_its_context) {
    std::optional<shared_subscription<int>> s;
    {
        asio::io_context gone;
        auto shared =
            share(script_source<int>(gone.get_executor(), seen).hang(), {.stop_grace = 1s});
        s.emplace(shared.subscribe());
        {
            auto other = shared.subscribe();
        }
        gone.poll();
    }
    EXPECT_EQ(seen.live(), 0u);
    s.reset();
}

TEST_F(share_test, ends_for_subscribers_of_other_contexts_when_that_of_the_stream_goes) {
    std::optional<asio::io_context> home(std::in_place);
    auto shared = share([&, made = 0]() mutable {
        const auto ex = made++ == 0 ? home->get_executor() : ctx.get_executor();
        return script_source<int>(ex, seen).pending().item(made).hang();
    });
    auto s = shared.subscribe();
    code waited;
    s.async_wait(asio::bind_executor(ctx, into(waited)));
    home->poll_one();

    home.reset();
    run();

    EXPECT_EQ(waited, success);
    EXPECT_TRUE(s.try_next().is_end());
    EXPECT_FALSE(shared.is_running());
    auto next_run = shared.subscribe();
    EXPECT_EQ(item_of(next_run), 2);
}

TEST_F(share_test, calls_hooks_without_a_lock_of_its_own) {
    auto shared = share(
        upstream().item(1).item(2).item(3).item(4).hang(),
        {.stop_grace = 1h, .no_subscribers = no_subscribers::buffer(2)});
    {
        auto first = shared.subscribe();
    }
    run();
    EXPECT_EQ(shared.stats().puts_waiting, 1u);
    std::size_t count = 0;

    auto s = shared.subscribe(
        {.overflow = overflow::drop_oldest, .capacity = 1, .on_undelivered = [&](int&&) {
             count = shared.subscriber_count();
         }});

    EXPECT_EQ(count, 1u);
}

TEST_F(share_test, refuses_options_that_make_no_sense) {
    EXPECT_THROW(static_cast<void>(share(upstream(), {.start_after = 0})), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(share(upstream(), {.stop_grace = -1s})), std::invalid_argument);
    auto shared = share(upstream().hang());
    EXPECT_THROW(
        static_cast<void>(shared.subscribe({.overflow = overflow::fail})), std::invalid_argument);
    EXPECT_EQ(shared.subscriber_count(), 0u);
}

asio::awaitable<int> take_some(shared_stream<int> shared, int count) {
    int sum = 0;
    auto s = shared.subscribe({.capacity = 4});
    while (count-- > 0)
        sum += (co_await s.next()).value();
    co_return sum;
}

TEST_F(share_test, is_started_and_stopped_from_two_threads) {
    asio::io_context two;
    auto shared = share([ex = asio::any_io_executor(asio::make_strand(two))] {
        script_source<int> s(ex);
        for (int i = 0; i != 20; ++i)
            s.item(1).pending();
        return std::move(s).hang();
    });
    std::vector<std::future<int>> sums;
    for (int i = 0; i != 200; ++i)
        sums.push_back(
            asio::co_spawn(asio::make_strand(two), take_some(shared, 1), asio::use_future));

    std::jthread other([&] { two.run(); });
    two.run();
    other.join();

    for (auto& sum : sums)
        EXPECT_EQ(sum.get(), 1);
    EXPECT_EQ(shared.subscriber_count(), 0u);
}

} // namespace
} // namespace streamx::testing
