#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <atomic>
#include <cstddef>
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

/// What one consumer saw of each producer.
struct seen {
    std::array<int, 4> count{};
    std::array<int, 4> last{-1, -1, -1, -1};
    bool in_order = true;
    bool ended = false;
};

asio::awaitable<void> produce(sender<numbered> tx, int producer, int items) {
    for (int n = 0; n < items; ++n)
        co_await tx.send({producer, n});
}

asio::awaitable<void> consume(receiver<numbered> rx, seen& s) {
    for (;;) {
        auto item = co_await rx.next();
        if (!item)
            break;
        auto& last = s.last[item->producer];
        s.in_order = s.in_order && item->number > last;
        last = item->number;
        ++s.count[item->producer];
    }
    s.ended = true;
}

void run_on_threads(asio::io_context& ctx, int threads) {
    std::vector<std::jthread> others;
    for (int n = 1; n < threads; ++n)
        others.emplace_back([&] { ctx.run(); });
    ctx.run();
}

struct channel_threads_test : ::testing::Test {
    /// Four producers on four strands, `consumers` on as many, of one context on two threads.
    void exchange(std::size_t capacity, int items, int consumers) {
        asio::io_context ctx;
        auto ends = make_channel<numbered>(ctx.get_executor(), capacity);
        std::vector<seen> results(consumers);
        for (auto& result : results) {
            strand own(ctx.get_executor());
            asio::co_spawn(own, consume(ends.rx, result), asio::detached);
        }
        for (int n = 0; n < 4; ++n) {
            strand own(ctx.get_executor());
            auto tx = sender<numbered>(ends.tx).on(own);
            asio::co_spawn(own, produce(std::move(tx), n, items / 4), asio::detached);
        }
        {
            [[maybe_unused]] auto gone = std::move(ends);
        }
        run_on_threads(ctx, 2);

        std::array<int, 4> count{};
        for (const auto& result : results) {
            EXPECT_TRUE(result.ended);
            EXPECT_TRUE(result.in_order);
            for (int n = 0; n < 4; ++n)
                count[n] += result.count[n];
        }
        for (int n = 0; n < 4; ++n)
            EXPECT_EQ(count[n], items / 4) << "of producer " << n;
    }
};

TEST_F(channel_threads_test, a_million_items_of_4_producers_reach_2_consumers_in_order) {
    exchange(1024, sanitized ? 100'000 : 1'000'000, 2);
}

TEST_F(channel_threads_test, a_million_items_of_4_producers_reach_1_consumer_in_order) {
    exchange(64, sanitized ? 100'000 : 1'000'000, 1);
}

TEST_F(channel_threads_test, small_capacities_lose_nothing_either) {
    for (std::size_t capacity : {0, 1, 2, 3})
        for (int consumers : {1, 2}) {
            SCOPED_TRACE(::testing::Message() << capacity << ' ' << consumers);
            exchange(capacity, sanitized ? 4'000 : 16'000, consumers);
        }
}

TEST_F(channel_threads_test, plain_threads_may_try_and_wait_with_a_future) {
    asio::io_context ctx;
    auto guard = asio::make_work_guard(ctx);
    std::jthread runner([&] { ctx.run(); });
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    const int items = 5'000;
    std::jthread producer([tx = std::move(ends.tx)]() mutable {
        for (int n = 0; n < items; ++n)
            if (!tx.try_send(n))
                tx.async_send(n, asio::use_future).get();
    });
    int expected = 0;
    for (;;) {
        auto item = ends.rx.try_next();
        if (item.is_pending())
            ends.rx.async_wait(asio::use_future).get();
        else if (item.is_end())
            break;
        else
            ASSERT_EQ(*item, expected++);
    }
    guard.reset();

    EXPECT_EQ(expected, items);
}

/// Lets threads start one round after another at the same moment, as exactly as they can.
class starting_line {
public:
    explicit starting_line(int threads) : threads_(threads) {}
    void wait() {
        const int round = round_;
        if (++there_ == threads_) {
            there_ = 0;
            ++round_;
        } else {
            while (round_ == round)
                std::this_thread::yield();
        }
    }

private:
    const int threads_;
    std::atomic<int> there_ = 0;
    std::atomic<int> round_ = 0;
};

// A receiver takes an item of its batch at the moment that a sender finds the channel full: the
// room is seen by one of them.
TEST_F(channel_threads_test, a_send_that_parks_while_an_item_of_a_batch_is_taken_gets_the_room) {
    asio::io_context ctx;
    const int rounds = sanitized ? 2'000 : 20'000;
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    starting_line line(2);
    std::jthread other([&, &from = rx] {
        for (int n = 0; n < rounds; ++n) {
            line.wait();
            (void)from.try_next();
            line.wait();
        }
    });
    int stuck = 0;
    for (int n = 0; n < rounds; ++n) {
        while (tx.try_send(n)) {
        }
        (void)rx.try_next(); // the rest is a batch
        ASSERT_TRUE(tx.try_send(n));
        bool sent = false;
        line.wait();
        tx.async_send(n, [&](error_code) { sent = true; });
        line.wait();
        ctx.restart();
        ctx.poll();
        stuck += !sent;
        while (rx.try_next()) {
        }
        ctx.restart();
        ctx.poll();
        ASSERT_TRUE(sent);
    }
    EXPECT_EQ(stuck, 0) << "of " << rounds << " senders wait though there is room";
}

} // namespace
} // namespace streamx::testing
