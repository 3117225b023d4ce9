#include <streamx/testing/verify_stream_contract.hpp>

#include <streamx/operators/retry.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/sources/defer.hpp>
#include <streamx/sources/interval.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/sources/using_resource.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

TEST(verify_stream_contract_test, finds_nothing_wrong_with_ours) {
    const auto items = verify_stream_contract([](const asio::any_io_executor& ex) {
        return script_source<int>(ex).item(1).pending().item(2).wait(1h).item(3).pending().end();
    });
    EXPECT_EQ(items.items, (std::vector{1, 2, 3}));
    EXPECT_TRUE(items.ended);
    const auto ticks = verify_stream_contract(
        [](const asio::any_io_executor& ex) { return interval(ex, 1s) | take(3); });
    EXPECT_EQ(ticks.items.size(), 3u);
    const auto failed = verify_stream_contract([](const asio::any_io_executor& ex) {
        return script_source<int>(ex).pending().fail(errc::truncated);
    });
    EXPECT_FALSE(failed.ended);
    EXPECT_EQ(verify_stream_contract(range(0, 3)).items, (std::vector{0, 1, 2}));
}

TEST(verify_stream_contract_test, finds_nothing_wrong_where_ours_are_between_two_streams) {
    const auto begun_again = verify_stream_contract([](const asio::any_io_executor& ex) {
        return streamx::defer(
                   ex, [ex] { return script_source<int>(ex).wait(1s).fail(errc::truncated); }) |
               retry({.initial = 1s, .limit = 2});
    });
    EXPECT_FALSE(begun_again.ended);
    const auto released = verify_stream_contract([](const asio::any_io_executor& ex) {
        return using_resource(
            ex,
            []() -> asio::awaitable<int> {
                co_await sleep_for(1s);
                co_return 2;
            },
            [ex](int count) { return interval(ex, 1s) | take(static_cast<std::size_t>(count)); },
            [](int) -> asio::awaitable<void> { co_await sleep_for(1s); });
    });
    EXPECT_EQ(released.items.size(), 2u);
}

TEST(verify_stream_contract_test, takes_one_stream_on_a_context_of_yours) {
    asio::io_context ctx;
    virtual_clock clock(ctx);
    EXPECT_EQ(
        verify_stream_contract(clock, interval(ctx.get_executor(), 1s) | take(2)).items.size(), 2u);
}

/// A stream that has to be waited for once, gives one item, and breaks one promise.
enum class sin { loses_when_cancelled, inside, never, not_at_home, futile, forgets_when_destroyed };

template <sin Sin>
struct sinner {
    using value_type = int;
    using executor_type = asio::any_io_executor;

    struct state {
        bool ready = false;
        bool given = false;
        std::shared_ptr<void> kept;
    };

    explicit sinner(asio::any_io_executor ex) : executor(std::move(ex)) {}

    executor_type get_executor() const { return executor; }

    poll<int> try_next() {
        if (Sin == sin::futile || !shared->ready)
            return pending;
        return std::exchange(shared->given, true) ? poll<int>(streamx::end) : poll<int>(1);
    }

    template <class Handler>
    void async_wait(Handler handler) {
        if constexpr (Sin == sin::inside) {
            handler(error_code());
            return;
        } else if constexpr (Sin == sin::never) {
            shared->kept = std::make_shared<Handler>(std::move(handler));
            return;
        } else {
            const auto slot = asio::get_associated_cancellation_slot(handler);
            if (slot.is_connected() && Sin == sin::loses_when_cancelled)
                asio::cancellation_slot(slot).assign(
                    [shared = shared](auto) { shared->given = true; });
            asio::any_io_executor home = asio::get_associated_executor(handler);
            asio::post(
                Sin == sin::not_at_home ? executor : home,
                [weak = std::weak_ptr(shared), handler = std::move(handler)]() mutable {
                    auto alive = weak.lock();
                    if (!alive && Sin == sin::forgets_when_destroyed)
                        return;
                    if (alive)
                        alive->ready = true;
                    handler(alive ? error_code() : asio::error::operation_aborted);
                });
        }
    }

    asio::any_io_executor executor;
    std::shared_ptr<state> shared = std::make_shared<state>();
};

template <class Make>
std::string verdict_on(Make make) {
    try {
        verify_stream_contract(make);
    } catch (const expectation_failed& e) {
        return e.what();
    }
    return "nothing wrong";
}

template <sin Sin>
std::string verdict() {
    return verdict_on([](const asio::any_io_executor& ex) { return sinner<Sin>(ex); });
}

TEST(verify_stream_contract_test, finds_what_breaks_a_promise) {
    EXPECT_EQ(
        verdict<sin::loses_when_cancelled>(),
        "a wait was cancelled, and items were lost or doubled");
    EXPECT_EQ(verdict<sin::inside>(), "async_wait completed inside the call");
    EXPECT_EQ(verdict<sin::never>(), "async_wait does not keep its io_context running");
    EXPECT_EQ(verdict<sin::not_at_home>(), "async_wait did not complete on its handler's executor");
    EXPECT_EQ(verdict<sin::futile>(), "async_wait completes, and try_next has nothing");
    EXPECT_EQ(
        verdict<sin::forgets_when_destroyed>(),
        "async_wait destroyed its handler and did not call it");
}

/// A stream of one item, which is there after a wait; how it waits `Wait` says.
template <class Wait>
struct waiter {
    using value_type = int;
    using executor_type = asio::any_io_executor;

    executor_type get_executor() const { return executor; }
    poll<int> try_next() {
        if (!*ready)
            return pending;
        return std::exchange(given, true) ? poll<int>(streamx::end) : poll<int>(1);
    }
    template <class Handler>
    void async_wait(Handler handler) {
        wait(executor, ready, std::move(handler));
    }

    asio::any_io_executor executor;
    Wait wait = {};
    std::shared_ptr<bool> ready = std::make_shared<bool>(false);
    bool given = false;
};

/// Calls a handler where it wants to be called, with the item there.
template <class Handler>
auto arrival(std::shared_ptr<bool> ready, Handler handler) {
    auto home = asio::get_associated_executor(handler);
    return asio::bind_executor(
        home, [ready = std::move(ready), handler = std::move(handler)](error_code ec) mutable {
            *ready = !ec;
            handler(ec);
        });
}

struct deaf_to_cancellation {
    template <class Handler>
    void operator()(const asio::any_io_executor& ex, auto ready, Handler handler) {
        async_sleep_for(ex, 1h, arrival(ready, std::move(handler)));
    }
};

struct goes_on_without_its_stream {
    template <class Handler>
    void operator()(const asio::any_io_executor& ex, auto ready, Handler handler) {
        const auto slot = asio::get_associated_cancellation_slot(handler);
        async_sleep_for(
            ex, 1h, asio::bind_cancellation_slot(slot, arrival(ready, std::move(handler))));
    }
};

struct by_another_clock {
    template <class Handler>
    void operator()(const asio::any_io_executor& ex, auto ready, Handler handler) {
        timer = std::make_shared<asio::steady_timer>(ex, 1h);
        timer->async_wait(arrival(ready, std::move(handler)));
    }
    std::shared_ptr<asio::steady_timer> timer;
};

struct room_for_one {
    using kept_handler = asio::any_completion_handler<void(error_code)>;

    template <class Handler>
    void operator()(const asio::any_io_executor& ex, auto ready, Handler handler) {
        const auto home = asio::get_associated_executor(handler, ex);
        *kept = std::make_unique<kept_handler>(arrival(ready, std::move(handler)));
        asio::post(home, [kept = kept] {
            if (const auto last = std::move(*kept))
                (*last)(error_code());
        });
    }
    std::shared_ptr<std::unique_ptr<kept_handler>> kept =
        std::make_shared<std::unique_ptr<kept_handler>>();
};

template <class Wait>
std::string verdict_on_waiting() {
    return verdict_on([](const asio::any_io_executor& ex) { return waiter<Wait>{ex}; });
}

TEST(verify_stream_contract_test, finds_a_wait_that_is_not_given_up) {
    EXPECT_EQ(
        verdict_on_waiting<deaf_to_cancellation>(), "a wait that was cancelled does not complete");
    EXPECT_EQ(
        verdict_on_waiting<goes_on_without_its_stream>(),
        "a wait whose stream was destroyed does not complete");
}

TEST(verify_stream_contract_test, says_when_a_stream_goes_by_another_clock) {
    EXPECT_NE(
        verdict_on_waiting<by_another_clock>().find("nor goes by the context's clock"),
        std::string::npos);
}

TEST(verify_stream_contract_test, finds_a_second_wait_that_takes_the_place_of_the_first) {
    EXPECT_EQ(verdict_on_waiting<room_for_one>(), "a second wait took the place of the first");
}

} // namespace
} // namespace streamx::testing
