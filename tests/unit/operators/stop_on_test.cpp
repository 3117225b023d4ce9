#include <streamx/operators/stop_on.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/any_stream.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct stop_on_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    std::stop_source source;

    script_source<int> items() {
        return script_source<int>(ctx.get_executor(), seen).item(1).item(2).hang();
    }
    completion_probe<std::optional<int>> pull(any_stream<int>& s) {
        completion_probe<std::optional<int>> p;
        s.async_next(asio::bind_executor(ctx.get_executor(), p.handler()));
        run();
        return p;
    }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(stop_on_test, ends_at_once_wherever_upstream_is) {
    auto s = any_stream<int>(items() | stop_on(source.get_token()));
    EXPECT_EQ(collect(ctx, s).items, (std::vector{1, 2}));
    auto waiting = pull(s);
    EXPECT_EQ(waiting.calls(), 0);

    std::jthread([&] { source.request_stop(); }).join();
    run();

    EXPECT_EQ(waiting.calls(), 1);
    EXPECT_FALSE(waiting->failure);
    EXPECT_FALSE(waiting->value->has_value());
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(stop_on_test, gives_nothing_more_though_upstream_has_it) {
    auto s = any_stream<int>(items() | stop_on(source.get_token()));
    EXPECT_EQ(**pull(s)->value, 1);

    source.request_stop();

    EXPECT_TRUE(collect(ctx, s).ended);
    EXPECT_EQ(seen.items(), 1U);
}

TEST_F(stop_on_test, is_cancelled_instead_if_told_so) {
    auto s = any_stream<int>(items() | stop_on(source.get_token(), end_reason::cancelled));
    source.request_stop();

    auto got = collect(ctx, s);
    EXPECT_EQ(to_end_reason(got.failure), end_reason::cancelled);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(stop_on_test, one_token_stops_many) {
    std::vector<any_stream<int>> all;
    for (int i = 0; i != 3; ++i)
        all.emplace_back(items() | stop_on(source.get_token()));
    std::vector<completion_probe<std::optional<int>>> waiting;
    for (auto& s : all) {
        collect(ctx, s);
        waiting.push_back(pull(s));
    }

    source.request_stop();
    run();

    for (auto& p : waiting)
        EXPECT_EQ(p.calls(), 1);
}

TEST_F(stop_on_test, a_token_that_can_not_stop_is_none) {
    EXPECT_EQ(collect(ctx, items() | stop_on(std::stop_token())).items, (std::vector{1, 2}));
}

TEST_F(stop_on_test, a_stop_is_no_failure) {
    EXPECT_THROW((void)stop_on(source.get_token(), end_reason::failed), std::invalid_argument);
    EXPECT_EQ(to_end_reason(error_code()), end_reason::done);
    EXPECT_EQ(to_end_reason(error_code(asio::error::eof)), end_reason::failed);
}

} // namespace
} // namespace streamx::testing
