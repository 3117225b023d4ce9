#include <streamx/sources/produce.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct produce_test : ::testing::Test {
    asio::io_context ctx;
    int sent = 0;
    error_code stopped;

    void run() {
        ctx.restart();
        ctx.poll();
    }

    /// Sends 1, 2, ... and notes how far it came, and what stopped it.
    auto numbers(int count) {
        return [this, count](sender<int>& out) -> asio::awaitable<void> {
            try {
                for (int i = 1; i <= count; ++i) {
                    co_await out.send(i);
                    sent = i;
                }
            } catch (const boost::system::system_error& e) {
                stopped = e.code();
            }
        };
    }

    /// Waits for ever, and notes what stopped it.
    auto forever() {
        return [this](sender<int>& out) -> asio::awaitable<void> {
            auto [never, rx] = make_channel<int>(ctx.get_executor(), 1);
            try {
                co_await out.send(1);
                co_await rx.next();
            } catch (const boost::system::system_error& e) {
                stopped = e.code();
            }
        };
    }
};

TEST_F(produce_test, gives_what_the_coroutine_sends_and_ends_with_it) {
    auto got = collect(ctx, produce(ctx.get_executor(), 2, numbers(5)));

    EXPECT_EQ(got.items, (std::vector{1, 2, 3, 4, 5}));
    EXPECT_TRUE(got.ended);
}

TEST_F(produce_test, the_item_type_can_be_said_or_read_from_the_coroutines_parameter) {
    auto said = produce<int>(
        ctx.get_executor(), 2, [](auto& out) -> asio::awaitable<void> { co_await out.send(1); });
    auto read =
        produce(ctx.get_executor(), 2, [n = 0](sender<long>& out) mutable -> asio::awaitable<void> {
            co_await out.send(++n);
        });

    EXPECT_EQ(collect(ctx, std::move(said)).items, std::vector{1});
    EXPECT_EQ(collect(ctx, std::move(read)).items, std::vector{1L});
}

TEST_F(produce_test, starts_with_the_first_pull) {
    auto s = produce(ctx.get_executor(), 2, numbers(5));
    run();
    EXPECT_EQ(sent, 0);

    EXPECT_EQ(**next(ctx, s).value, 1);
    EXPECT_GT(sent, 0);
}

TEST_F(produce_test, one_never_pulled_never_starts) {
    {
        auto s = produce(ctx.get_executor(), 2, numbers(5));
        auto moved = std::move(s);
    }
    run();

    EXPECT_EQ(sent, 0);
}

TEST_F(produce_test, runs_ahead_by_at_most_its_capacity) {
    for (std::size_t capacity : {0U, 1U, 3U}) {
        SCOPED_TRACE(capacity);
        sent = 0;
        auto s = produce(ctx.get_executor(), capacity, numbers(9));
        for (int taken = 1; taken <= 3; ++taken) {
            EXPECT_EQ(**next(ctx, s).value, taken);
            EXPECT_LE(sent, taken + static_cast<int>(capacity));
        }
    }
}

TEST_F(produce_test, gives_the_items_before_the_exception) {
    auto s = produce(ctx.get_executor(), 9, [](sender<int>& out) -> asio::awaitable<void> {
        co_await out.send(1);
        co_await out.send(2);
        throw std::runtime_error("boom");
    });

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_EQ(got.what, "boom");
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(produce_test, an_exception_before_the_first_item_is_a_failure_too) {
    auto s = produce(ctx.get_executor(), 1, [](sender<int>&) -> asio::awaitable<void> {
        throw std::runtime_error("boom");
        co_return;
    });

    EXPECT_EQ(collect(ctx, std::move(s)).what, "boom");
}

TEST_F(produce_test, destroying_the_stream_cancels_a_coroutine_that_waits_for_something_else) {
    auto s = std::make_optional(produce(ctx.get_executor(), 1, forever()));
    EXPECT_EQ(**next(ctx, *s).value, 1);

    s.reset();
    run();

    EXPECT_EQ(stopped, asio::error::operation_aborted);
}

TEST_F(produce_test, destroying_the_stream_ends_a_coroutine_that_sends) {
    auto s = std::make_optional(produce(ctx.get_executor(), 1, numbers(9)));
    EXPECT_EQ(**next(ctx, *s).value, 1);

    s.reset();
    run();

    EXPECT_TRUE(stopped == errc::closed || stopped == asio::error::operation_aborted)
        << stopped.message();
    EXPECT_LT(sent, 9);
}

TEST_F(produce_test, assigning_to_the_stream_cancels_its_coroutine) {
    auto s = produce(ctx.get_executor(), 1, forever());
    EXPECT_EQ(**next(ctx, s).value, 1);

    s = produce(ctx.get_executor(), 1, forever());
    run();

    EXPECT_EQ(stopped, asio::error::operation_aborted);
}

TEST_F(produce_test, the_coroutine_lives_no_longer_than_it_runs) {
    auto held = std::make_shared<int>(0);
    auto s = produce(ctx.get_executor(), 1, [held](sender<int>& out) -> asio::awaitable<void> {
        co_await out.send(1);
    });

    auto got = collect(ctx, s);

    EXPECT_TRUE(got.ended);
    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(produce_test, a_copy_of_its_sender_keeps_the_stream_going) {
    std::optional<sender<int>> kept;
    auto s = produce(ctx.get_executor(), 1, [&](sender<int>& out) -> asio::awaitable<void> {
        kept = out;
        co_return;
    });
    EXPECT_TRUE(collect(ctx, s).hung);

    kept->try_send(1);
    kept.reset();

    EXPECT_EQ(collect(ctx, s).items, std::vector{1});
}

TEST_F(produce_test, moves_move_only_items) {
    auto s = produce(
        ctx.get_executor(), 0, [](sender<std::unique_ptr<int>>& out) -> asio::awaitable<void> {
            co_await out.send(std::make_unique<int>(3));
        });

    EXPECT_EQ(***next(ctx, s).value, 3);
}

TEST_F(produce_test, a_context_destroyed_with_the_coroutine_inside_leaves_nothing_behind) {
    auto held = std::make_shared<int>(0);
    auto own = std::make_optional<asio::io_context>();
    auto s = produce(own->get_executor(), 1, [held](sender<int>& out) -> asio::awaitable<void> {
        co_await out.send(1);
        co_await out.send(2);
    });
    EXPECT_TRUE(s.try_next().is_pending());
    own->poll();

    own.reset();

    EXPECT_EQ(held.use_count(), 1);
}

} // namespace
} // namespace streamx::testing
