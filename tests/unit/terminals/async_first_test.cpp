#include <streamx/terminals/async_first.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct async_first_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(async_first_test, gives_the_first_item) {
    completion_probe<std::optional<int>> p;
    async_first(upstream().pending().item(1).item(2).end(), p.handler());
    run();

    EXPECT_EQ(**p->value, 1);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_first_test, of_nothing_is_empty) {
    completion_probe<std::optional<int>> p;
    async_first(upstream().end(), p.handler());
    run();

    EXPECT_FALSE(p->failure);
    EXPECT_FALSE(p->value->has_value());
}

TEST_F(async_first_test, leaves_the_rest_of_a_borrowed_stream_in_it) {
    auto s = upstream().item(1).item(2).item(3).end();
    completion_probe<std::optional<int>> p;
    async_first(s, p.handler());
    run();

    EXPECT_EQ(**p->value, 1);
    EXPECT_EQ(seen.pulls(), 1U);
    EXPECT_EQ(collect(ctx, s).items, (std::vector{2, 3}));
}

TEST_F(async_first_test, does_not_wait_for_a_second_item) {
    completion_probe<std::optional<int>> p;
    async_first(upstream().item(1).hang(), p.handler());
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_EQ(**p->value, 1);
}

TEST_F(async_first_test, gives_a_failure_before_the_first_item) {
    completion_probe<std::optional<int>> p;
    async_first(upstream().fail(asio::error::eof), p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_FALSE(p->value->has_value());
}

} // namespace
} // namespace streamx::testing
