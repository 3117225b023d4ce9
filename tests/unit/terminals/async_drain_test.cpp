#include <streamx/terminals/async_drain.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/inspect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <utility>

namespace streamx::testing {
namespace {

struct async_drain_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(async_drain_test, takes_all_items_to_the_end) {
    int items = 0;
    completion_probe<> p;
    async_drain(
        upstream().item(1).pending().item(2).end() | inspect([&](int) { ++items; }), p.handler());
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->failure);
    EXPECT_EQ(items, 2);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_drain_test, gives_the_failure) {
    completion_probe<> p;
    async_drain(
        upstream().item(1).fail(std::make_exception_ptr(std::runtime_error("boom"))), p.handler());
    run();

    EXPECT_EQ(p->what, "boom");
}

} // namespace
} // namespace streamx::testing
