#include <streamx/terminals/async_reduce.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct async_reduce_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }

    static int never_called(int, int) { throw std::logic_error("called"); }
    /// Adds, later.
    static asio::awaitable<int> plus(int a, int b) {
        co_await asio::post(asio::use_awaitable);
        co_return a + b;
    }
};

TEST_F(async_reduce_test, combines_all_items_in_order) {
    completion_probe<std::optional<int>> p;
    async_reduce(upstream().item(10).pending().item(3).item(2).end(), std::minus{}, p.handler());
    run();

    EXPECT_EQ(**p->value, 5);
}

TEST_F(async_reduce_test, of_one_item_is_that_item) {
    completion_probe<std::optional<int>> plain;
    completion_probe<std::optional<int>> awaited;
    async_reduce(upstream().item(7).end(), never_called, plain.handler());
    async_reduce(upstream().item(7).end(), plus, awaited.handler());
    run();

    EXPECT_EQ(**plain->value, 7);
    EXPECT_EQ(**awaited->value, 7);
}

TEST_F(async_reduce_test, of_nothing_is_empty) {
    completion_probe<std::optional<int>> plain;
    completion_probe<std::optional<int>> awaited;
    async_reduce(upstream().end(), never_called, plain.handler());
    async_reduce(upstream().end(), plus, awaited.handler());
    run();

    EXPECT_FALSE(plain->value->has_value());
    EXPECT_FALSE(awaited->value->has_value());
    EXPECT_FALSE(awaited->failure);
}

TEST_F(async_reduce_test, awaits_a_function_that_is_a_coroutine) {
    completion_probe<std::optional<int>> p;
    async_reduce(upstream().item(1).pending().item(2).item(3).end(), plus, p.handler());
    run();

    EXPECT_EQ(**p->value, 6);
}

TEST_F(async_reduce_test, after_a_failure_has_what_had_been_combined) {
    completion_probe<std::optional<int>> p;
    async_reduce(upstream().item(1).item(2).fail(asio::error::eof), std::plus{}, p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_EQ(**p->value, 3);
}

TEST_F(async_reduce_test, ends_with_what_the_function_throws) {
    completion_probe<std::optional<int>> p;
    async_reduce(
        upstream().item(1).item(2).item(3).end(),
        [](int, int) -> int { throw std::runtime_error("boom"); },
        p.handler());
    run();

    EXPECT_EQ(p->what, "boom");
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_reduce_test, moves_move_only_items) {
    auto s = script_source<move_only_item>(ctx.get_executor());
    s.item(move_only_item(1)).item(move_only_item(2)).end();
    completion_probe<std::optional<move_only_item>> p;
    async_reduce(
        std::move(s),
        [](move_only_item a, const move_only_item& b) {
            return move_only_item(10 * a.value() + b.value());
        },
        p.handler());
    run();

    EXPECT_EQ(**p->value, 12);
}

} // namespace
} // namespace streamx::testing
