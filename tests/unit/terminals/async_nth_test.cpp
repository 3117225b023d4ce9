#include <streamx/terminals/async_nth.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct async_nth_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(async_nth_test, counts_from_nought) {
    for (int n : {0, 1, 2}) {
        SCOPED_TRACE(n);
        completion_probe<std::optional<int>> p;
        async_nth(
            upstream().item(10).pending().item(11).item(12).hang(),
            static_cast<std::size_t>(n),
            p.handler());
        run();

        EXPECT_EQ(**p->value, 10 + n);
    }
}

TEST_F(async_nth_test, of_too_few_is_empty) {
    completion_probe<std::optional<int>> p;
    async_nth(upstream().item(1).item(2).end(), 2, p.handler());
    run();

    EXPECT_FALSE(p->failure);
    EXPECT_FALSE(p->value->has_value());
}

TEST_F(async_nth_test, leaves_the_rest_of_a_borrowed_stream_in_it) {
    auto s = upstream().item(1).item(2).item(3).end();
    completion_probe<std::optional<int>> p;
    async_nth(s, 1, p.handler());
    run();

    EXPECT_EQ(seen.pulls(), 2U);
    EXPECT_EQ(collect(ctx, s).items, std::vector{3});
}

TEST_F(async_nth_test, is_empty_after_a_failure_on_the_way) {
    completion_probe<std::optional<int>> p;
    async_nth(upstream().item(1).fail(asio::error::eof), 1, p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_FALSE(p->value->has_value());
}

} // namespace
} // namespace streamx::testing
