#include <streamx/terminals/async_for_each.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct async_for_each_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    std::vector<int> items;

    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }

    auto note() {
        return [this](int i) { items.push_back(i); };
    }
    /// The same, later.
    auto note_later() {
        return [this](int i) -> asio::awaitable<void> {
            co_await asio::post(asio::use_awaitable);
            items.push_back(i);
        };
    }
};

TEST_F(async_for_each_test, calls_the_function_with_each_item_in_order) {
    completion_probe<> p;
    async_for_each(upstream().item(1).pending().item(2).end(), note(), p.handler());
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->failure);
    EXPECT_EQ(items, (std::vector{1, 2}));
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_for_each_test, awaits_a_function_that_returns_an_awaitable) {
    completion_probe<> p;
    async_for_each(upstream().item(1).pending().item(2).end(), note_later(), p.handler());
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_EQ(items, (std::vector{1, 2}));
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_for_each_test, the_function_may_be_one_that_cannot_be_copied) {
    completion_probe<> p;
    async_for_each(
        upstream().item(1).end(),
        [this, one = std::make_unique<int>(1)](int i) { items.push_back(i + *one); },
        p.handler());
    run();

    EXPECT_EQ(items, std::vector{2});
}

TEST_F(async_for_each_test, gives_move_only_items_away) {
    auto [tx, rx] = make_channel<std::unique_ptr<int>>(ctx.get_executor(), 2);
    tx.try_send(std::make_unique<int>(1));
    tx.try_send(std::make_unique<int>(2));
    completion_probe<> plain;
    async_for_each(rx, [this](std::unique_ptr<int> i) { items.push_back(*i); }, plain.handler());
    run();

    EXPECT_EQ(items, (std::vector{1, 2}));
}

TEST_F(async_for_each_test, what_the_function_throws_at_any_item_ends_it) {
    for (int bad : {1, 2, 3}) {
        SCOPED_TRACE(bad);
        auto thrower = [bad](int i) {
            if (i == bad)
                throw std::runtime_error("boom");
        };
        auto later = [thrower](int i) -> asio::awaitable<void> {
            co_await asio::post(asio::use_awaitable);
            thrower(i);
        };
        completion_probe<> plain;
        completion_probe<> awaited;
        async_for_each(upstream().item(1).item(2).item(3).end(), thrower, plain.handler());
        async_for_each(upstream().item(1).item(2).item(3).end(), later, awaited.handler());
        run();

        EXPECT_EQ(plain->what, "boom");
        EXPECT_EQ(awaited->what, "boom");
        EXPECT_EQ(seen.live(), 0U);
    }
}

TEST_F(async_for_each_test, either_form_leaves_the_rest_of_a_borrowed_stream_when_cancelled) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal})
        for (bool plain : {true, false}) {
            SCOPED_TRACE(static_cast<unsigned>(how));
            SCOPED_TRACE(plain);
            items.clear();
            auto ends = make_channel<int>(ctx.get_executor(), 3);
            asio::cancellation_signal cancel;
            completion_probe<> p;
            auto token = asio::bind_cancellation_slot(cancel.slot(), p.handler());
            if (plain)
                async_for_each(ends.rx, note(), std::move(token));
            else
                async_for_each(ends.rx, note_later(), std::move(token));
            ends.tx.try_send(1);
            run();

            ends.tx.try_send(2); // the wake-up and the cancellation are on their way together
            cancel.emit(how);
            ends.tx.try_send(3);
            run();

            EXPECT_EQ(p->ec, asio::error::operation_aborted);
            while (auto rest = ends.rx.try_next()) // what it has not taken whole it has not touched
                items.push_back(*rest);
            EXPECT_EQ(items, (std::vector{1, 2, 3}));
        }
}

TEST_F(async_for_each_test, takes_no_more_when_its_function_cancels_it) {
    for (const int at : {1, 2, 3}) {
        items.clear();
        asio::cancellation_signal cancel;
        completion_probe<> p;
        auto ends = make_channel<int>(ctx.get_executor(), 3);
        for (int i : {1, 2, 3})
            EXPECT_TRUE(ends.tx.try_send(i));
        async_for_each(
            std::move(ends.rx),
            [&](int i) {
                items.push_back(i);
                if (i == at)
                    cancel.emit(asio::cancellation_type::total);
            },
            asio::bind_cancellation_slot(cancel.slot(), p.handler()));
        run();

        EXPECT_EQ(p.calls(), 1) << "there is nobody who would wake it";
        EXPECT_EQ(p->ec, asio::error::operation_aborted);
        EXPECT_EQ(items.size(), static_cast<std::size_t>(at));
        EXPECT_FALSE(ends.tx.is_open()) << "the stream is gone";
    }
}

TEST_F(async_for_each_test, cancels_the_awaitable_that_it_awaits) {
    auto [never, rx] = make_channel<int>(ctx.get_executor(), 1);
    asio::cancellation_signal cancel;
    error_code inside;
    completion_probe<> p;
    async_for_each(
        upstream().item(1).item(2).end(),
        [&](int i) -> asio::awaitable<void> {
            items.push_back(i);
            try {
                co_await rx.next();
            } catch (const boost::system::system_error& e) {
                inside = e.code();
                throw;
            }
        },
        asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    run();

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(inside, asio::error::operation_aborted);
    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_EQ(items, std::vector{1});
}

TEST_F(async_for_each_test, a_borrowed_stream_goes_on_after_the_function_threw) {
    auto thrower = [](int) { throw std::runtime_error("boom"); };
    auto later = [thrower](int i) -> asio::awaitable<void> {
        thrower(i);
        co_return;
    };
    for (bool plain : {true, false}) {
        SCOPED_TRACE(plain);
        auto s = upstream().item(1).item(2).end();
        completion_probe<> p;
        if (plain)
            async_for_each(s, thrower, p.handler());
        else
            async_for_each(s, later, p.handler());
        run();
        EXPECT_EQ(p->what, "boom");

        items.clear();
        async_for_each(s, note(), completion_probe<>().handler());
        run();

        EXPECT_EQ(items, std::vector{2});
    }
}

TEST_F(async_for_each_test, runs_its_function_on_the_handlers_executor) {
    auto strand = asio::make_strand(ctx);
    std::vector<bool> on_strand;
    auto note_where = [&](int) { on_strand.push_back(strand.running_in_this_thread()); };
    auto note_later_where = [&](int) -> asio::awaitable<void> {
        note_where(0);
        co_return;
    };
    async_for_each(
        upstream().item(1).pending().item(2),
        note_where,
        asio::bind_executor(strand, completion_probe<>().handler()));
    async_for_each(
        upstream().item(1).pending().item(2),
        note_later_where,
        asio::bind_executor(strand, completion_probe<>().handler()));
    run();

    EXPECT_EQ(on_strand, std::vector(4, true));
}

TEST_F(async_for_each_test, n_at_once_has_n_in_flight_and_completes_when_all_is_done) {
    int now = 0;
    int most = 0;
    completion_probe<> p;
    async_for_each(
        upstream().item(1).item(2).item(3).item(4).item(5).end(),
        2,
        [&](int i) -> asio::awaitable<void> {
            most = std::max(most, ++now);
            co_await asio::post(asio::use_awaitable);
            items.push_back(i);
            --now;
        },
        p.handler());
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->failure) << p->what;
    EXPECT_EQ(items, (std::vector{1, 2, 3, 4, 5}));
    EXPECT_EQ(most, 2);
}

TEST_F(async_for_each_test, n_at_once_fails_with_what_one_of_them_does) {
    completion_probe<> p;
    async_for_each(
        upstream().item(1).item(2).hang(),
        4,
        [&]<class Token>(int i, Token&& token) {
            return asio::async_initiate<Token, void(error_code)>(
                [this](auto handler, int n) {
                    asio::post(ctx, [n, h = std::move(handler)]() mutable {
                        std::move(h)(n == 2 ? error_code(asio::error::eof) : error_code());
                    });
                },
                token,
                i);
        },
        p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_EQ(seen.live(), 0U);
    EXPECT_THROW(
        async_for_each(upstream().end(), 0, note_later(), p.handler()), std::invalid_argument);
}

TEST_F(async_for_each_test, n_at_once_that_is_cancelled_waits_until_what_is_in_flight_has_ended) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1); // it ends when this says so
    int running = 0;
    completion_probe<> p;
    asio::cancellation_signal cancel;
    async_for_each(
        upstream().item(1).hang(),
        4,
        [&](int i) -> asio::awaitable<void> {
            ++running;
            co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
            const auto last = co_await rx.next();
            items.push_back(i + *last);
            --running;
        },
        asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    run();

    cancel.emit(asio::cancellation_type::total);
    run();
    EXPECT_EQ(p.calls(), 0);
    EXPECT_EQ(running, 1);
    EXPECT_EQ(seen.live(), 0U) << "upstream is let go of at once";

    tx.try_send(10);
    run();
    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_EQ(running, 0);
    EXPECT_EQ(items, std::vector{11});
}

TEST_F(async_for_each_test, n_at_once_may_be_cancelled_by_its_own_function) {
    int running = 0;
    completion_probe<> p;
    asio::cancellation_signal cancel;
    async_for_each(
        upstream().item(1).item(2).item(3).hang(),
        1,
        [&](int i) -> asio::awaitable<void> {
            ++running;
            items.push_back(i);
            if (i == 2)
                cancel.emit(asio::cancellation_type::total);
            --running;
            co_return;
        },
        asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_EQ(running, 0);
    EXPECT_EQ(items, (std::vector{1, 2}));
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_for_each_test, n_at_once_takes_any_token) {
    auto coroutine = [&]() -> asio::awaitable<void> {
        co_await async_for_each(upstream().item(1).end(), 2, note_later(), asio::use_awaitable);
        co_await async_for_each(upstream().item(2).end(), 2, note_later(), asio::deferred)(
            asio::use_awaitable);
    };
    completion_probe<> p;
    asio::co_spawn(ctx, coroutine(), p.handler());
    auto done = async_for_each(upstream().item(3).end(), 2, note_later(), asio::use_future);
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->failure) << p->what;
    EXPECT_NO_THROW(done.get());
    std::ranges::sort(items);
    EXPECT_EQ(items, (std::vector{1, 2, 3}));
}

} // namespace
} // namespace streamx::testing
