#include <streamx/terminals/async_count.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <utility>

namespace streamx::testing {
namespace {

struct async_count_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(async_count_test, counts_the_items) {
    completion_probe<std::size_t> p;
    async_count(upstream().item(7).pending().item(7).item(8).end(), p.handler());
    run();

    EXPECT_EQ(p->value, 3U);
}

TEST_F(async_count_test, of_nothing_is_nought) {
    completion_probe<std::size_t> p;
    async_count(upstream().end(), p.handler());
    run();

    EXPECT_EQ(p->value, 0U);
}

TEST_F(async_count_test, after_a_failure_is_how_many_came_before) {
    completion_probe<std::size_t> p;
    async_count(upstream().item(1).item(2).fail(asio::error::eof), p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_EQ(p->value, 2U);
}

} // namespace
} // namespace streamx::testing
