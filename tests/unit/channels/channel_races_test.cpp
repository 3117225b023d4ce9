#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using strand = asio::strand<asio::io_context::executor_type>;

/// One channel, its users on three strands, each of which does at random what it may do; every
/// operation has to complete, and every item has to be somewhere.
class brawl {
public:
    brawl(asio::io_context& ctx, unsigned seed) {
        std::mt19937 random(seed);
        const std::size_t capacity = random() % 4;
        auto ends = make_channel<int>(
            ctx.get_executor(),
            {.capacity = capacity, .on_undelivered = [this](int&& item) { undelivered_ += item; }});
        for (int n = 0; n < 3; ++n)
            fighters_.push_back(std::make_unique<fighter>(
                *this, ctx, random(), ends.tx, ends.rx, /*ends_it=*/n == 0));
    }

    void start() {
        for (auto& f : fighters_)
            asio::post(f->on, [&f] { f->step(); });
    }

    void check() {
        EXPECT_EQ(started_, completed_);
        fighters_.clear(); // the last receiver gives the rest to the hook
        EXPECT_EQ(sent_, received_ + undelivered_);
    }

private:
    struct fighter {
        fighter(
            brawl& b, asio::io_context& ctx, unsigned seed, sender<int> s, receiver<int> r, bool e)
            : all(&b), on(ctx.get_executor()), random(seed), tx(std::move(s).on(on)),
              rx(std::move(r)), ends_it(e) {}

        void step() {
            if (--steps == 0)
                return finish();
            switch (random() % 8) {
            case 0:
            case 1:
                send();
                break;
            case 2:
            case 3:
                next();
                break;
            case 4:
                sending.emit(asio::cancellation_type::total);
                break;
            case 5:
                receiving.emit(asio::cancellation_type::total);
                break;
            case 6:
                if (rx && !waiting)
                    take(rx->try_next());
                break;
            default:
                if (steps < 5)
                    (random() % 2 ? (void)tx.reset() : (void)rx.reset());
                break;
            }
            asio::post(on, [this] { step(); });
        }

        void finish() {
            if (ends_it && tx)
                tx->close();
            tx.reset();
            if (ends_it)
                rx.reset();
            sending.emit(asio::cancellation_type::terminal);
            receiving.emit(asio::cancellation_type::terminal);
        }

        void send() {
            if (!tx || busy)
                return;
            busy = true;
            ++all->started_;
            all->sent_ += 1;
            tx->async_send(
                1,
                asio::bind_cancellation_slot(
                    sending.slot(), asio::bind_executor(on, [this](error_code) {
                        busy = false;
                        ++all->completed_;
                    })));
        }

        void next() {
            if (!rx || waiting)
                return;
            waiting = true;
            ++all->started_;
            rx->async_next(asio::bind_cancellation_slot(
                receiving.slot(),
                asio::bind_executor(on, [this](std::exception_ptr, std::optional<int> item) {
                    waiting = false;
                    ++all->completed_;
                    all->received_ += item.value_or(0);
                })));
        }

        void take(poll<int> item) {
            if (item)
                all->received_ += *item;
        }

        brawl* all;
        strand on;
        std::mt19937 random;
        std::optional<sender<int>> tx;
        std::optional<receiver<int>> rx;
        asio::cancellation_signal sending;
        asio::cancellation_signal receiving;
        bool ends_it;
        bool busy = false;
        bool waiting = false;
        int steps = 40;
    };

    std::atomic<int> started_ = 0;
    std::atomic<int> completed_ = 0;
    std::atomic<int> sent_ = 0;
    std::atomic<int> received_ = 0;
    std::atomic<int> undelivered_ = 0;
    std::vector<std::unique_ptr<fighter>> fighters_;
};

TEST(channel_races_test, every_operation_completes_and_every_item_is_somewhere) {
    const unsigned rounds = sanitized ? 300 : 1'500;
    for (unsigned seed = 1; seed <= rounds && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        asio::io_context ctx;
        brawl b(ctx, seed);
        b.start();
        {
            std::jthread second([&] { ctx.run(); });
            std::jthread third([&] { ctx.run(); });
            ctx.run();
        }
        b.check();
    }
}

TEST(channel_races_test, the_same_step_by_step_on_one_thread) {
    const unsigned rounds = sanitized ? 500 : 2'000;
    for (unsigned seed = 1; seed <= rounds && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        asio::io_context ctx;
        brawl b(ctx, seed);
        b.start();
        ctx.poll();
        EXPECT_TRUE(ctx.stopped()) << "somebody waits for ever";
        if (!ctx.stopped())
            break;
        b.check();
    }
}

TEST(channel_races_test, a_context_destroyed_while_another_uses_the_channel_does_no_harm) {
    for (unsigned round = 0; round < (sanitized ? 100 : 1'000); ++round) {
        SCOPED_TRACE(round);
        std::optional<asio::io_context> dying(std::in_place);
        asio::io_context living;
        auto ends = make_channel<int>(dying->get_executor(), living.get_executor(), round % 3);
        std::optional tx(sender<int>(ends.tx).on(living.get_executor()));
        for (int n = 0; n < 4; ++n)
            ends.tx.async_send(n, [](error_code) {});
        ends.tx.async_wait([](error_code) {});
        std::jthread other([&living, rx = std::move(ends.rx), tx = std::move(tx)]() mutable {
            for (int n = 0; n < 20; ++n) {
                (void)rx.try_next();
                tx->async_send(n, [](error_code) {});
                living.restart();
                living.poll();
            }
        });
        dying->poll_one();
        dying.reset();
        other.join();
    }
}

} // namespace
} // namespace streamx::testing
