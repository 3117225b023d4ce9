#include <streamx/terminals/async_min.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace streamx::testing {
namespace {

struct async_min_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

struct named {
    int key;
    char name;
};

TEST_F(async_min_test, gives_the_smallest_item) {
    completion_probe<std::optional<int>> p;
    async_min(upstream().item(2).pending().item(3).item(1).item(2).end(), p.handler());
    run();

    EXPECT_EQ(**p->value, 1);
}

TEST_F(async_min_test, of_nothing_is_empty) {
    completion_probe<std::optional<int>> p;
    async_min(upstream().end(), p.handler());
    run();

    EXPECT_FALSE(p->failure);
    EXPECT_FALSE(p->value->has_value());
}

TEST_F(async_min_test, compares_as_it_is_told) {
    completion_probe<std::optional<int>> p;
    async_min(upstream().item(2).item(3).item(1).end(), std::greater{}, p.handler());
    run();

    EXPECT_EQ(**p->value, 4 - 1);
}

TEST_F(async_min_test, of_equal_items_gives_the_first) {
    auto s = script_source<named>(ctx.get_executor());
    s.item({2, 'a'}).item({1, 'b'}).item({1, 'c'}).end();
    completion_probe<std::optional<named>> p;
    async_min(std::move(s), std::less{}, &named::key, p.handler());
    run();

    EXPECT_EQ((*p->value)->name, 'b');
}

TEST_F(async_min_test, after_a_failure_is_the_smallest_before) {
    completion_probe<std::optional<int>> p;
    async_min(upstream().item(2).item(1).fail(asio::error::eof), p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_EQ(**p->value, 1);
}

TEST_F(async_min_test, ends_with_what_the_comparison_throws) {
    completion_probe<std::optional<int>> p;
    async_min(
        upstream().item(2).item(1).end(),
        [](int, int) -> bool { throw std::runtime_error("boom"); },
        p.handler());
    run();

    EXPECT_EQ(p->what, "boom");
    EXPECT_EQ(**p->value, 2);
}

TEST_F(async_min_test, moves_move_only_items) {
    auto s = script_source<move_only_item>(ctx.get_executor());
    s.item(move_only_item(1)).item(move_only_item(3)).end();
    completion_probe<std::optional<move_only_item>> p;
    async_min(std::move(s), std::less{}, &move_only_item::value, p.handler());
    run();

    EXPECT_EQ(**p->value, 1);
}

} // namespace
} // namespace streamx::testing
