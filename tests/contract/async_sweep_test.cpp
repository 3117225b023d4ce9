#include <streamx/core/any_stream.hpp>
#include <streamx/operators/buffered.hpp>
#include <streamx/operators/concat_map.hpp>
#include <streamx/operators/filter_async.hpp>
#include <streamx/operators/flat_map.hpp>
#include <streamx/operators/map_async.hpp>
#include <streamx/operators/map_async_keyed.hpp>
#include <streamx/operators/map_async_unordered.hpp>
#include <streamx/operators/parallel.hpp>
#include <streamx/operators/stop_on.hpp>
#include <streamx/operators/switch_map.hpp>
#include <streamx/operators/via.hpp>
#include <streamx/terminals/async_for_each.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

// Each asynchronous operator is destroyed, loses its context, and has its pull cancelled after any
// number of steps: at each point, that is, at which it can be suspended.

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

constexpr int items = 5;

/// Something that is going on, and is counted as long as it lives.
class going_on {
public:
    explicit going_on(std::shared_ptr<int> count) : count_(std::move(count)) { ++*count_; }
    going_on(going_on&& other) noexcept = default;
    going_on& operator=(going_on&&) = delete;
    ~going_on() {
        if (count_)
            --*count_;
    }

private:
    std::shared_ptr<int> count_;
};

/// What a pipeline is made of.
struct site {
    asio::any_io_executor ex;
    observer seen;
    std::shared_ptr<int> alive = std::make_shared<int>(0);

    script_source<int> up() const {
        script_source<int> s(ex, seen);
        for (int i = 1; i <= items; ++i)
            (i % 2 ? s.pending() : s).item(i);
        return std::move(s).end();
    }
    /// A coroutine that waits for a while, or not at all.
    auto slowly() const {
        return [count = alive](int i) -> asio::awaitable<int> {
            const going_on guard(count);
            if (i != 3)
                co_await sleep_for(std::chrono::seconds(i * 3 % 4));
            co_return i;
        };
    }
    auto after_a_while() const {
        return [ex = ex]<class Token>(int i, Token&& token) {
            return asio::async_initiate<Token, void(error_code, int)>(
                [ex](auto handler, int n) {
                    async_sleep_for(
                        ex,
                        std::chrono::seconds(n * 3 % 4),
                        asio::bind_cancellation_slot(
                            asio::get_associated_cancellation_slot(handler),
                            asio::bind_executor(
                                asio::get_associated_executor(handler),
                                [n, h = std::move(handler)](error_code ec) mutable {
                                    std::move(h)(ec, n);
                                })));
                },
                token,
                i);
        };
    }
    auto in_two_steps() const {
        return [ex = ex, seen = seen](int i) {
            return script_source<int>(ex, seen).pending().item(i).pending().end();
        };
    }
};

struct pipeline {
    std::string name;
    std::function<any_stream<int>(const site&)> make;
    bool gives_all = true;
};

std::vector<pipeline> pipelines() {
    using any = any_stream<int>;
    return {
        {"map_async", [](const site& s) { return any(s.up() | map_async(s.slowly())); }},
        {"map_async(3)", [](const site& s) { return any(s.up() | map_async(3, s.slowly())); }},
        {"map_async(3) of an operation",
         [](const site& s) { return any(s.up() | map_async(3, s.after_a_while())); }},
        {"map_async_unordered",
         [](const site& s) { return any(s.up() | map_async_unordered(3, s.slowly())); }},
        {"map_async_keyed",
         [](const site& s) {
             return any(s.up() | map_async_keyed(4, [](int i) { return i % 2; }, s.slowly()));
         }},
        {"filter_async",
         [](const site& s) {
             return any(s.up() | filter_async(2, [](const int& i) -> asio::awaitable<bool> {
                            co_await sleep_for(std::chrono::seconds(i % 2));
                            co_return true;
                        }));
         }},
        {"flat_map", [](const site& s) { return any(s.up() | flat_map(2, s.in_two_steps())); }},
        {"concat_map", [](const site& s) { return any(s.up() | concat_map(s.in_two_steps())); }},
        {"switch_map",
         [](const site& s) { return any(s.up() | switch_map(s.in_two_steps())); },
         false},
        {"buffered", [](const site& s) { return any(s.up() | buffered(2)); }},
        {"via", [](const site& s) { return any(s.up() | via(s.ex, 1)); }},
        {"parallel",
         [](const site& s) { return any(s.up() | parallel(2, s.ex, [](int i) { return i; })); }},
        {"stop_on",
         [](const site& s) { return any(s.up() | stop_on(std::stop_source().get_token())); }},
    };
}

/// Pulls a stream to its end, by one `async_next` after the other.
class puller {
public:
    puller(asio::io_context& ctx, any_stream<int> s) : ctx_(&ctx), stream(std::move(s)) { pull(); }

    void cancel(asio::cancellation_type how) { cancel_.emit(how); }

    std::vector<int> got;
    bool over = false;
    bool hold = false; // no new pull
    int waiting = 0;   // handlers that have not been called

private:
    void pull() {
        ++waiting;
        stream->async_next(asio::bind_cancellation_slot(
            cancel_.slot(),
            asio::bind_executor(
                ctx_->get_executor(), [this](std::exception_ptr failure, std::optional<int> item) {
                    --waiting;
                    if (item)
                        got.push_back(*item);
                    over = !failure && !item;
                    if (!over && !hold)
                        pull();
                })));
    }

    asio::io_context* ctx_;
    asio::cancellation_signal cancel_;

public:
    std::optional<any_stream<int>> stream;
};

/// Runs `check(steps)` with more and more steps until it says that all is over before.
template <class Check>
void sweep(Check check) {
    for (const auto& p : pipelines())
        for (int steps = 0; check(p, steps); ++steps) {
            ASSERT_LT(steps, 500) << p.name << " does not come to its end";
            if (::testing::Test::HasFailure())
                FAIL() << p.name << " after " << steps << " steps";
        }
}

void run_steps(virtual_clock& clock, int steps) {
    for (int i = 0; i != steps; ++i)
        clock.run_one();
}

TEST(async_sweep_test, destroyed_at_any_point_it_tells_its_waiter_and_leaves_nothing) {
    sweep([](const pipeline& p, int steps) {
        asio::io_context ctx;
        virtual_clock clock(ctx);
        site here{ctx.get_executor(), {}};
        puller all(ctx, p.make(here));
        run_steps(clock, steps);
        const bool over = all.over;
        all.hold = true;

        all.stream.reset();
        clock.run();

        EXPECT_EQ(all.waiting, 0);
        EXPECT_EQ(here.seen.live(), 0U);
        EXPECT_EQ(*here.alive, 0);
        return !over;
    });
}

TEST(async_sweep_test, its_context_may_go_at_any_point) {
    sweep([](const pipeline& p, int steps) {
        std::optional<asio::io_context> ctx(std::in_place);
        std::optional<virtual_clock> clock(std::in_place, *ctx);
        site here{ctx->get_executor(), {}};
        puller all(*ctx, p.make(here));
        run_steps(*clock, steps);
        const bool over = all.over;

        clock.reset();
        here.ex = {};
        ctx.reset();
        EXPECT_EQ(*here.alive, 0);
        all.stream.reset();

        EXPECT_EQ(here.seen.live(), 0U);
        return !over;
    });
}

TEST(async_sweep_test, a_pull_that_is_cancelled_at_any_point_loses_nothing) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal})
        sweep([how](const pipeline& p, int steps) {
            asio::io_context ctx;
            virtual_clock clock(ctx);
            site here{ctx.get_executor(), {}};
            puller all(ctx, p.make(here));
            run_steps(clock, steps);
            const bool over = all.over;

            all.cancel(how);
            clock.run();

            EXPECT_TRUE(all.over);
            std::ranges::sort(all.got);
            if (p.gives_all) {
                EXPECT_EQ(all.got, (std::vector{1, 2, 3, 4, 5}));
            }
            return !over;
        });
}

// A terminal with calls in flight.

/// Functions for `async_for_each(n)`, each of which takes its time to end in another way.
using calls = std::vector<std::pair<std::string, std::function<asio::awaitable<void>(int)>>>;

calls functions(const site& s) {
    auto slowly = s.slowly();
    return {
        {"one that ends when it is cancelled",
         [slowly](int i) -> asio::awaitable<void> { co_await slowly(i); }},
        {"one that tidies up",
         [count = s.alive](int i) -> asio::awaitable<void> {
             const going_on guard(count);
             bool cancelled = false;
             try {
                 co_await sleep_for(std::chrono::seconds(i));
             } catch (const std::exception&) {
                 cancelled = true;
             }
             if (!cancelled)
                 co_return;
             co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
             co_await sleep_for(1h);
         }},
        {"one that does not listen",
         [count = s.alive](int i) -> asio::awaitable<void> {
             const going_on guard(count);
             co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
             co_await sleep_for(std::chrono::seconds(i));
         }},
    };
}

/// What came of an `async_for_each(n)`.
struct for_each_outcome {
    int calls = 0;
    std::exception_ptr failure;
    int left = 0;       // in flight when it completed
    unsigned owned = 0; // of upstream
};

template <class Fn>
void start_for_each(
    asio::io_context& ctx,
    const site& here,
    Fn fn,
    asio::cancellation_slot slot,
    for_each_outcome& out) {
    async_for_each(
        here.up(),
        3,
        std::move(fn),
        asio::bind_cancellation_slot(
            slot,
            asio::bind_executor(
                ctx.get_executor(),
                [&out, alive = here.alive, seen = here.seen](std::exception_ptr failure) {
                    ++out.calls;
                    out.failure = std::move(failure);
                    out.left = *alive;
                    out.owned = static_cast<unsigned>(seen.live());
                })));
}

/// Cancels an `async_for_each(n)` of `fn(site)` after so many steps. False if it was over before.
template <class Make>
bool joins(Make make, int steps, asio::cancellation_type how) {
    asio::io_context ctx;
    virtual_clock clock(ctx);
    site here{ctx.get_executor(), {}};
    for_each_outcome out;
    asio::cancellation_signal cancel;
    start_for_each(ctx, here, make(here), cancel.slot(), out);
    run_steps(clock, steps);
    const bool over = out.calls != 0;

    cancel.emit(how);
    clock.run();

    EXPECT_EQ(out.calls, 1);
    EXPECT_EQ(out.left, 0) << "it did not wait for what was in flight";
    EXPECT_EQ(out.owned, 0U);
    EXPECT_EQ(to_error_code(out.failure), over ? error_code() : asio::error::operation_aborted);
    EXPECT_FALSE(cancel.slot().has_handler());
    return !over;
}

template <class Check>
void sweep_steps(const std::string& name, Check check) {
    for (int steps = 0; check(steps); ++steps) {
        ASSERT_LT(steps, 500) << name << " does not come to its end";
        if (::testing::Test::HasFailure())
            FAIL() << name << " after " << steps << " steps";
    }
}

TEST(async_sweep_test, a_for_each_that_is_cancelled_at_any_point_waits_for_what_is_in_flight) {
    using enum asio::cancellation_type;
    const auto count = functions(site{}).size();
    for (auto how : {total, partial, terminal}) {
        for (std::size_t i = 0; i != count; ++i)
            sweep_steps(functions(site{})[i].first, [&](int steps) {
                return joins([i](const site& s) { return functions(s)[i].second; }, steps, how);
            });
        sweep_steps("an operation", [&](int steps) {
            return joins([](const site& s) { return s.after_a_while(); }, steps, how);
        });
    }
}

TEST(async_sweep_test, the_context_of_a_for_each_may_go_at_any_point) {
    const auto count = functions(site{}).size();
    for (std::size_t i = 0; i != count; ++i)
        sweep_steps(functions(site{})[i].first, [&](int steps) {
            std::optional<asio::io_context> ctx(std::in_place);
            std::optional<virtual_clock> clock(std::in_place, *ctx);
            site here{ctx->get_executor(), {}};
            for_each_outcome out;
            asio::cancellation_signal cancel;
            start_for_each(*ctx, here, functions(here)[i].second, cancel.slot(), out);
            run_steps(*clock, steps);
            const bool over = out.calls != 0;

            clock.reset();
            here.ex = {};
            ctx.reset();
            cancel.emit(asio::cancellation_type::total);

            EXPECT_EQ(*here.alive, 0);
            EXPECT_EQ(here.seen.live(), 0U);
            return !over;
        });
}

} // namespace
} // namespace streamx::testing
