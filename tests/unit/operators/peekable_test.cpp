#include <streamx/operators/peekable.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct peekable_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }

    template <class S>
    completion_probe<int*> peek(S& s) {
        completion_probe<int*> p;
        s.async_peek(p.handler());
        poll();
        return p;
    }
    template <class S, class Predicate>
    completion_probe<std::optional<int>> next_if(S& s, Predicate predicate) {
        completion_probe<std::optional<int>> p;
        s.async_next_if(predicate, p.handler());
        poll();
        return p;
    }
    void poll() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(peekable_test, shows_the_next_item_and_leaves_it) {
    auto s = upstream().pending().item(1).item(2).end() | peekable();

    auto seen_item = peek(s);
    EXPECT_EQ(**seen_item->value, 1);
    EXPECT_EQ(*peek(s)->value, *seen_item->value);

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{1, 2}));
}

TEST_F(peekable_test, shows_the_end_as_null_and_does_not_ask_upstream_again) {
    auto s = upstream().end() | peekable();

    EXPECT_EQ(*peek(s)->value, nullptr);
    EXPECT_EQ(*peek(s)->value, nullptr);
    EXPECT_TRUE(collect(ctx, std::move(s) | map([](int i) { return i; })).ended);
    EXPECT_EQ(seen.misuses(), 0u);
}

TEST_F(peekable_test, fails_once_when_upstream_fails_and_then_ends) {
    auto s = upstream().fail(asio::error::eof) | peekable();

    EXPECT_EQ(peek(s)->ec, asio::error::eof);
    EXPECT_EQ(*peek(s)->value, nullptr);
    EXPECT_TRUE(collect(ctx, std::move(s)).ended);
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(peekable_test, lets_the_item_be_changed) {
    auto s = range(0, 2) | on(ctx) | peekable();

    **peek(s)->value = 7;

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{7, 1}));
}

TEST_F(peekable_test, takes_the_next_item_on_a_condition) {
    auto s = range(0, 9) | on(ctx) | peekable();
    auto small = [](int i) { return i < 2; };

    EXPECT_EQ(*next_if(s, small)->value, 0);
    EXPECT_EQ(*next_if(s, small)->value, 1);
    EXPECT_EQ(*next_if(s, small)->value, std::nullopt);
    EXPECT_EQ(*s.try_next(), 2);
}

TEST_F(peekable_test, keeps_the_item_and_lives_on_when_the_condition_throws) {
    auto s = range(0, 2) | on(ctx) | peekable();

    EXPECT_EQ(next_if(s, [](int) -> bool { throw std::runtime_error("boom"); })->what, "boom");
    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{0, 1}));
}

TEST_F(peekable_test, refuses_a_second_pull_while_it_waits) {
    auto s = upstream().hang() | peekable();
    completion_probe<int*> first;
    s.async_peek(first.handler());
    ctx.poll();

    EXPECT_EQ(peek(s)->ec, errc::operation_in_progress);
    EXPECT_EQ(next(ctx, s).ec, errc::operation_in_progress);
    EXPECT_EQ(first.calls(), 0);
}

TEST_F(peekable_test, tells_who_peeks_when_it_is_destroyed) {
    std::optional s(upstream().hang() | peekable());
    completion_probe<int*> p;
    s->async_peek(p.handler());
    ctx.poll();

    s.reset();
    ctx.restart();
    ctx.poll();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

TEST_F(peekable_test, is_peeked_into_by_coroutines) {
    std::vector<int> runs;
    auto count_runs = [&]() -> asio::awaitable<void> {
        auto s = from_range({1, 1, 2, 3, 3}) | peekable();
        while (const int* head = co_await s.peek()) {
            const int value = *head;
            int length = 0;
            for (;;) {
                const auto same = co_await s.next_if([value](int i) { return i == value; });
                if (!same)
                    break;
                ++length;
            }
            runs.push_back(length);
        }
    };
    asio::co_spawn(ctx, count_runs(), asio::detached);
    ctx.run();

    EXPECT_EQ(runs, (std::vector{2, 1, 2}));
}

} // namespace
} // namespace streamx::testing
