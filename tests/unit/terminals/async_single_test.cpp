#include <streamx/terminals/async_single.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/error.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct async_single_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(async_single_test, gives_the_only_item) {
    completion_probe<std::optional<int>> p;
    async_single(upstream().pending().item(7).pending().end(), p.handler());
    run();

    EXPECT_FALSE(p->failure);
    EXPECT_EQ(**p->value, 7);
}

TEST_F(async_single_test, no_item_is_a_failure) {
    completion_probe<std::optional<int>> p;
    async_single(upstream().end(), p.handler());
    run();

    EXPECT_EQ(p->ec, errc::no_item);
    EXPECT_FALSE(p->value->has_value());
}

TEST_F(async_single_test, a_second_item_is_a_failure) {
    auto s = upstream().item(1).item(2).item(3).end();
    completion_probe<std::optional<int>> p;
    async_single(s, p.handler());
    run();

    EXPECT_EQ(p->ec, errc::more_than_one_item);
    EXPECT_EQ(**p->value, 1);
    EXPECT_EQ(collect(ctx, s).items, std::vector{3});
}

TEST_F(async_single_test, a_failure_of_the_stream_stays_what_it_is) {
    for (int items : {0, 1}) {
        SCOPED_TRACE(items);
        auto s = upstream();
        if (items == 1)
            s.item(1);
        s.fail(asio::error::eof);
        completion_probe<std::optional<int>> p;
        async_single(std::move(s), p.handler());
        run();

        EXPECT_EQ(p->ec, asio::error::eof);
        EXPECT_EQ(p->value->has_value(), items == 1);
    }
}

TEST_F(async_single_test, waits_for_the_end_before_it_says_that_there_is_one) {
    completion_probe<std::optional<int>> p;
    async_single(upstream().item(1).hang(), p.handler());
    run();

    EXPECT_EQ(p.calls(), 0);
}

} // namespace
} // namespace streamx::testing
