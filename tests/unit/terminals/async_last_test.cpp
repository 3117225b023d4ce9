#include <streamx/terminals/async_last.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace streamx::testing {
namespace {

struct async_last_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(async_last_test, gives_the_last_item) {
    completion_probe<std::optional<int>> p;
    async_last(upstream().item(1).pending().item(2).pending().end(), p.handler());
    run();

    EXPECT_EQ(**p->value, 2);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_last_test, of_nothing_is_empty) {
    completion_probe<std::optional<int>> p;
    async_last(upstream().end(), p.handler());
    run();

    EXPECT_FALSE(p->failure);
    EXPECT_FALSE(p->value->has_value());
}

TEST_F(async_last_test, after_a_failure_is_the_last_item_before) {
    completion_probe<std::optional<int>> p;
    async_last(upstream().item(1).item(2).fail(asio::error::eof), p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_EQ(**p->value, 2);
}

/// It can be neither assigned nor copied.
struct constant {
    explicit constant(int v) : value(v) {}
    constant(constant&&) = default;
    const int value;
};

TEST_F(async_last_test, takes_items_that_cannot_be_assigned) {
    auto s = script_source<constant>(ctx.get_executor());
    s.item(constant(1)).item(constant(2)).end();
    completion_probe<std::optional<constant>> p;
    async_last(std::move(s), p.handler());
    run();

    EXPECT_EQ((*p->value)->value, 2);
}

} // namespace
} // namespace streamx::testing
