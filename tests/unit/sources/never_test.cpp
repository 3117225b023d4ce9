#include <streamx/sources/never.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/error.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace streamx::testing {
namespace {

struct never_test : ::testing::Test {
    std::optional<asio::io_context> ctx{std::in_place};
    std::optional<never_stream<int>> s{never<int>()};

    void wait(const completion_probe<>& p) {
        p.start([&](auto handler) {
            s->async_wait(asio::bind_executor(ctx->get_executor(), std::move(handler)));
        });
        run();
    }
    void run() {
        ctx->restart();
        ctx->poll();
    }
};

TEST_F(never_test, gives_nothing_and_does_not_end) {
    auto got = collect(*ctx, *s);

    EXPECT_TRUE(got.hung);
    EXPECT_TRUE(got.items.empty());
}

TEST_F(never_test, gives_up_a_pull_with_each_type_of_cancellation) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal})
        EXPECT_EQ(next_cancelled(*ctx, *s, how), asio::error::operation_aborted);
}

TEST_F(never_test, a_wait_keeps_its_io_context_running) {
    completion_probe<> p;
    wait(p);

    EXPECT_EQ(p.calls(), 0);
    EXPECT_FALSE(ctx->stopped());
}

TEST_F(never_test, a_wait_ends_with_the_stream) {
    completion_probe<> p;
    wait(p);

    s.reset();
    EXPECT_EQ(p.calls(), 0) << "completed inside the destructor";
    run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

TEST_F(never_test, a_wait_ends_with_the_io_context) {
    completion_probe<> p;
    wait(p);

    ctx.reset();

    EXPECT_EQ(p->destroyed, 1);
}

TEST_F(never_test, a_second_wait_is_refused_and_does_not_disturb_the_first) {
    completion_probe<> first;
    completion_probe<> second;
    wait(first);
    wait(second);

    EXPECT_EQ(second->ec, errc::operation_in_progress);
    EXPECT_EQ(first.calls(), 0);
}

} // namespace
} // namespace streamx::testing
