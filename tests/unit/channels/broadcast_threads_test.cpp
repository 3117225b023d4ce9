#include <streamx/channels/broadcast.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <streamx/terminals/async_for_each.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using strand = asio::strand<asio::io_context::executor_type>;

struct numbered {
    int producer;
    int number;
};

/// What one subscriber saw of each producer.
struct seen {
    std::vector<std::pair<int, int>> all;
    std::array<int, 4> last{-1, -1, -1, -1};
    bool in_order = true;
    bool ended = false;
};

asio::awaitable<void>
produce(broadcast<numbered>& b, int producer, int items, std::atomic<int>& left) {
    for (int n = 0; n < items; ++n)
        co_await b.put({producer, n});
    if (--left == 0)
        b.close();
}

asio::awaitable<void> consume(subscription<numbered> s, seen& result) {
    while (auto item = co_await s.next()) {
        auto& last = result.last[item->producer];
        result.in_order = result.in_order && item->number > last;
        last = item->number;
        result.all.emplace_back(item->producer, item->number);
    }
    result.ended = true;
}

/// Joins, takes a few and leaves, again and again.
asio::awaitable<void> come_and_go(broadcast<numbered>& b) {
    while (b.is_open()) {
        auto s = b.subscribe({.capacity = b.subscriber_count() % 3});
        for (int n = 0; n != 5; ++n)
            if (!co_await s.next())
                co_return;
    }
}

/// Puts, and now and then thinks better of it; `accepted` is what came of it.
asio::awaitable<void> hesitate(
    broadcast<numbered>& b,
    strand own,
    int producer,
    int items,
    std::vector<int>& accepted,
    std::atomic<int>& left) {
    std::minstd_rand random(static_cast<unsigned>(producer) + 1);
    for (int n = 0; n < items; ++n) {
        auto stop = std::make_shared<asio::cancellation_signal>();
        if (random() % 2 == 0)
            asio::post(own, [stop] { stop->emit(asio::cancellation_type::total); });
        auto [ec] = co_await b.async_put(
            numbered{producer, n},
            asio::bind_cancellation_slot(stop->slot(), asio::as_tuple(asio::use_awaitable)));
        if (!ec)
            accepted.push_back(n);
    }
    if (--left == 0)
        b.close();
}

struct broadcast_threads_test : ::testing::Test {
    /// Four producers and the subscribers on strands of their own, of one context on two threads.
    std::vector<seen> exchange(std::vector<subscribe_options<numbered>> subscribers, bool visitor) {
        asio::io_context ctx;
        broadcast<numbered> b(ctx.get_executor());
        std::vector<seen> results(subscribers.size());
        for (std::size_t n = 0; n != subscribers.size(); ++n)
            asio::co_spawn(
                strand(ctx.get_executor()),
                consume(b.subscribe(std::move(subscribers[n])), results[n]),
                asio::detached);
        std::atomic<int> left = 4;
        for (int n = 0; n != 4; ++n)
            asio::co_spawn(
                strand(ctx.get_executor()), produce(b, n, items / 4, left), asio::detached);
        if (visitor)
            asio::co_spawn(strand(ctx.get_executor()), come_and_go(b), asio::detached);
        {
            std::jthread other([&] { ctx.run(); });
            ctx.run();
        }
        return results;
    }

    static constexpr int items = sanitized ? 4'000 : 20'000;
};

TEST_F(broadcast_threads_test, row_23_every_subscriber_gets_all_items_in_the_same_order) {
    for (std::size_t capacity : {0, 1, 64}) {
        SCOPED_TRACE(capacity);
        auto results = exchange({{.capacity = capacity}, {.capacity = capacity}, {}}, false);

        for (const auto& result : results) {
            EXPECT_TRUE(result.ended);
            EXPECT_TRUE(result.in_order);
            EXPECT_EQ(result.all.size(), static_cast<std::size_t>(items));
            EXPECT_EQ(result.all, results[0].all);
        }
    }
}

TEST_F(broadcast_threads_test, nobody_is_disturbed_by_one_who_comes_and_goes) {
    auto results = exchange({{.capacity = 8}, {}}, true);

    EXPECT_EQ(results[0].all.size(), static_cast<std::size_t>(items));
    EXPECT_EQ(results[1].all, results[0].all);
}

TEST_F(broadcast_threads_test, exactly_those_puts_that_succeed_are_seen_whoever_comes_and_goes) {
    asio::io_context ctx;
    broadcast<numbered> b(ctx.get_executor());
    std::array<seen, 2> results;
    asio::co_spawn(strand(ctx.get_executor()), consume(b.subscribe(), results[0]), asio::detached);
    asio::co_spawn(
        strand(ctx.get_executor()),
        consume(b.subscribe({.capacity = 2}), results[1]),
        asio::detached);
    asio::co_spawn(strand(ctx.get_executor()), come_and_go(b), asio::detached);
    std::array<std::vector<int>, 4> accepted;
    std::atomic<int> left = 4;
    for (int n = 0; n != 4; ++n) {
        strand own(ctx.get_executor());
        asio::co_spawn(own, hesitate(b, own, n, items / 4, accepted[n], left), asio::detached);
    }
    {
        std::jthread other([&] { ctx.run(); });
        ctx.run();
    }

    EXPECT_EQ(results[0].all, results[1].all);
    for (int n = 0; n != 4; ++n) {
        std::vector<int> got;
        for (auto [producer, number] : results[0].all)
            if (producer == n)
                got.push_back(number);
        EXPECT_EQ(got, accepted[n]) << "of producer " << n;
    }
}

TEST_F(broadcast_threads_test, who_drops_still_sees_an_order_that_all_agree_on) {
    auto results = exchange(
        {{.overflow = overflow::drop_oldest, .capacity = 4},
         {.overflow = overflow::drop_newest, .capacity = 4},
         {.capacity = 16}},
        false);

    for (const auto& result : results) {
        EXPECT_TRUE(result.ended);
        EXPECT_TRUE(result.in_order);
    }
    EXPECT_EQ(results[2].all.size(), static_cast<std::size_t>(items));
}

TEST_F(broadcast_threads_test, what_is_retained_is_there_for_newcomers_while_others_take_it) {
    asio::io_context ctx;
    using item = std::shared_ptr<const int>;
    broadcast<item> b(ctx.get_executor(), {.no_subscribers = no_subscribers::discard, .retain = 1});
    int taken = 0, empty = 0;
    async_for_each(
        b.subscribe({.capacity = 64}),
        [&](const item& i) { taken += i != nullptr; },
        asio::detached);
    std::jthread consumer([&] { ctx.run(); });
    for (int n = 0; n != items; ++n) {
        while (!b.try_put(std::make_shared<const int>(n)))
            std::this_thread::yield();
        auto newcomer = b.subscribe({.capacity = 1, .replay = 1});
        const auto replayed = newcomer.try_next();
        empty += !replayed || !*replayed;
    }
    b.close();
    consumer.join();

    EXPECT_EQ(empty, 0);
    EXPECT_EQ(taken, items);
}

} // namespace
} // namespace streamx::testing
