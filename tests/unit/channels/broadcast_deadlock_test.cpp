#include <streamx/channels/broadcast.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <streamx/operators/filter.hpp>
#include <streamx/operators/map.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <functional>
#include <tuple>
#include <utility>

// Row 20 of the list of the seed's weaknesses: a consumer that awaits a put into what it reads.

namespace streamx::testing {
namespace {

using boost::asio::use_awaitable;

struct broadcast_deadlock_test : channel_test {
    ints undelivered;
    broadcast<int> b{ctx.get_executor(), {.on_undelivered = [this](int&& item) {
                         undelivered.push_back(item);
                     }}};

    /// Runs `fn(subscription)`, and keeps `fn` for as long as the coroutine lives.
    template <class Fn>
    void spawn(subscription<int> s, Fn fn) {
        asio::co_spawn(
            ctx,
            [fn = std::move(fn), s = std::move(s)]() mutable { return fn(std::move(s)); },
            asio::detached);
        run();
    }
};

TEST_F(broadcast_deadlock_test, row_20_a_consumer_that_awaits_its_own_put_is_told) {
    code by_put, as_tuple, redirected, lent;
    int mine = 4;
    spawn(b.subscribe(), [&](subscription<int> s) -> asio::awaitable<void> {
        co_await s.next();
        try {
            co_await b.put(2);
        } catch (const boost::system::system_error& e) {
            by_put = e.code();
        }
        asio::cancellation_signal never;
        as_tuple = std::get<0>(co_await b.async_put(
            3, asio::bind_cancellation_slot(never.slot(), asio::as_tuple(use_awaitable))));
        lent = std::get<0>(co_await b.async_put(std::ref(mine), asio::as_tuple(use_awaitable)));
        error_code ec;
        co_await b.async_put(5, asio::redirect_error(use_awaitable, ec));
        redirected = ec;
        while (co_await s.next()) {
        }
    });
    EXPECT_TRUE(b.try_put(1));
    run();

    EXPECT_EQ(by_put, errc::would_deadlock);
    EXPECT_EQ(as_tuple, errc::would_deadlock);
    EXPECT_EQ(lent, errc::would_deadlock);
    EXPECT_EQ(redirected, errc::would_deadlock);
    EXPECT_EQ(undelivered, (ints{2, 3, 5})) << "but not the one that was lent";
    EXPECT_EQ(b.stats().puts_waiting, 0u);
    EXPECT_TRUE(b.try_put(6)) << "it goes on";
}

TEST_F(broadcast_deadlock_test, row_20_so_is_one_that_has_all_before_it_that_it_may) {
    int put = 0;
    code full;
    spawn(b.subscribe({.capacity = 3}), [&](subscription<int> s) -> asio::awaitable<void> {
        co_await s.next();
        for (; !full; ++put)
            if (auto [ec] = co_await b.async_put(put, asio::as_tuple(use_awaitable)); ec)
                full = ec;
    });
    EXPECT_TRUE(b.try_put(1));
    run();

    EXPECT_EQ(full, errc::would_deadlock);
    EXPECT_EQ(put, 4) << "three items and one too many";
}

TEST_F(broadcast_deadlock_test, row_20_so_is_one_that_pulls_through_operators) {
    code told;
    spawn(b.subscribe(), [&](subscription<int> s) -> asio::awaitable<void> {
        auto odd = std::move(s) | filter([](int i) { return i % 2 != 0; }) |
                   map([](int i) { return i * 10; });
        EXPECT_EQ(co_await odd.next(), 10);
        auto [ec] = co_await b.async_put(2, asio::as_tuple(use_awaitable));
        told = ec;
    });
    EXPECT_TRUE(b.try_put(1));
    run();

    EXPECT_EQ(told, errc::would_deadlock);
}

TEST_F(broadcast_deadlock_test, row_20_so_is_one_whose_wait_found_something_at_once) {
    code told;
    auto theirs = b.subscribe({.capacity = 1});
    EXPECT_TRUE(b.try_put(1));
    spawn(std::move(theirs), [&](subscription<int> s) -> asio::awaitable<void> {
        co_await s.async_wait(use_awaitable);
        EXPECT_EQ(take_one(s), 1);
        co_await b.async_put(2, use_awaitable);
        auto [ec] = co_await b.async_put(3, asio::as_tuple(use_awaitable));
        told = ec;
    });

    EXPECT_EQ(told, errc::would_deadlock);
}

TEST_F(broadcast_deadlock_test, row_20_one_that_has_never_asked_is_waited_for_and_named) {
    code ended;
    spawn(b.subscribe({.name = "me"}), [&](subscription<int> s) -> asio::awaitable<void> {
        auto [ec] = co_await b.async_put(1, asio::as_tuple(use_awaitable));
        ended = ec;
        (void)s;
    });

    EXPECT_FALSE(ended) << "whoever is to ask it may not have begun";
    EXPECT_EQ(b.stats().held_back_by, "me");
    b.close();
    run();
    EXPECT_EQ(ended, errc::closed);
}

TEST_F(broadcast_deadlock_test, a_put_that_can_complete_is_let_be) {
    using namespace asio::experimental::awaitable_operators;
    ints got;
    spawn(b.subscribe(), [&](subscription<int> s) -> asio::awaitable<void> {
        co_await s.next();
        // Together with a pull: each is a coroutine of its own.
        got.push_back(*co_await (b.put(2) && s.next()));
        // By a callback: nobody awaits it.
        b.async_put(3, [](error_code ec) { EXPECT_FALSE(ec); });
        got.push_back(*co_await s.next());
        // By one who has handed the subscription on.
        asio::co_spawn(
            ctx,
            [](subscription<int> other, ints& to) -> asio::awaitable<void> {
                while (auto item = co_await other.next())
                    to.push_back(*item);
            }(std::move(s), got),
            asio::detached);
        co_await b.put(4);
        b.close();
    });
    EXPECT_TRUE(b.try_put(1));
    run();

    EXPECT_EQ(got, (ints{2, 3, 4}));
    EXPECT_TRUE(undelivered.empty());
}

// A coroutine that ends leaves its memory, and so its address, to the next.
TEST_F(broadcast_deadlock_test, a_coroutine_is_not_taken_for_one_before_it) {
    auto s = b.subscribe();
    const auto request = [this](auto fn) {
        asio::post(ctx, [this, fn] { asio::co_spawn(ctx, fn, asio::detached); });
        run();
    };
    ints got;
    const auto take = [&]() -> asio::awaitable<void> {
        if (const auto item = co_await s.next())
            got.push_back(*item);
    };
    request(take);
    EXPECT_TRUE(b.try_put(1));
    run();
    code sent;
    request([&]() -> asio::awaitable<void> {
        auto [ec] = co_await b.async_put(2, asio::as_tuple(use_awaitable));
        sent = ec;
    });
    EXPECT_FALSE(sent);
    request(take);

    EXPECT_EQ(sent, success);
    EXPECT_EQ(got, (ints{1, 2}));
}

TEST_F(broadcast_deadlock_test, so_is_one_that_has_begun_its_next_pull) {
    received<int> by_callback;
    code first, second;
    spawn(b.subscribe(), [&](subscription<int> s) -> asio::awaitable<void> {
        co_await s.next();
        s.async_next(into(by_callback));
        auto [ec] = co_await b.async_put(2, asio::as_tuple(use_awaitable));
        first = ec;
        auto pulled = s.async_next(asio::use_future);
        auto [again] = co_await b.async_put(3, asio::as_tuple(use_awaitable));
        second = again;
    });
    EXPECT_TRUE(b.try_put(1));
    run();

    EXPECT_EQ(first, success);
    EXPECT_EQ(by_callback.item, 2);
    EXPECT_EQ(second, success);
}

TEST_F(broadcast_deadlock_test, one_whose_patience_ends_is_waited_for) {
    code sent;
    spawn(
        b.subscribe({.patience = std::chrono::nanoseconds(1)}),
        [&](subscription<int> s) -> asio::awaitable<void> {
            co_await s.next();
            auto [ec] = co_await b.async_put(2, asio::as_tuple(use_awaitable));
            sent = ec;
            EXPECT_EQ(s.stats().policy, overflow::drop_oldest);
        });
    EXPECT_TRUE(b.try_put(1));
    ctx.restart();
    ctx.run();

    EXPECT_EQ(sent, success);
}

} // namespace
} // namespace streamx::testing
