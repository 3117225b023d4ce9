#include <streamx/sources/using_resource.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/any_stream.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;
using ints = std::vector<int>;

struct using_resource_test : ::testing::Test {
    std::string log; // what was done, in order
    observer seen;
    std::vector<std::string> logged;

    ~using_resource_test() override { set_log_sink({}); }

    struct connection {
        explicit connection(std::string& l) : log(&l) {}
        connection(connection&&) = default;
        std::unique_ptr<int> move_only;
        std::string* log;
    };

    asio::awaitable<connection> open() {
        log += "open ";
        co_await sleep_for(1s);
        log += "opened ";
        co_return connection(log);
    }
    asio::awaitable<void> close(connection&) {
        log += "close ";
        co_await sleep_for(1s);
        log += "closed ";
    }

    /// A stream that `what` is upstream of, and that opens and closes in virtual time.
    auto stream(asio::io_context& ctx, script_source<int> what) {
        return using_resource(
            ctx.get_executor(),
            [this] { return open(); },
            [this, what = std::move(what)](connection& c) mutable {
                EXPECT_EQ(c.log, &log);
                log += "use ";
                return std::move(what);
            },
            [this](connection& c) { return close(c); });
    }
};

TEST_F(using_resource_test, releases_before_it_tells_the_end) {
    asio::io_context ctx;
    virtual_clock clock(ctx);
    auto s =
        stream(ctx, script_source<int>(ctx.get_executor(), seen).item(1).pending().item(2).end());
    EXPECT_EQ(log, "");

    auto got = collect(clock, std::move(s));

    EXPECT_EQ(got.items, (ints{1, 2}));
    EXPECT_TRUE(got.ended) << got.what;
    EXPECT_EQ(log, "open opened use close closed ");
    EXPECT_EQ(clock.elapsed(), 2s);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(using_resource_test, releases_before_it_tells_a_failure_of_the_stream_or_of_use) {
    asio::io_context ctx;
    virtual_clock clock(ctx);
    auto boom = std::make_exception_ptr(std::runtime_error("boom"));
    auto got =
        collect(clock, stream(ctx, script_source<int>(ctx.get_executor()).item(1).fail(boom)));
    EXPECT_EQ(got.items, ints{1});
    EXPECT_EQ(got.what, "boom");
    EXPECT_EQ(log, "open opened use close closed ");

    log.clear();
    auto s = using_resource(
        ctx.get_executor(),
        [this] { return open(); },
        [](connection&) -> script_source<int> { throw std::runtime_error("no use"); },
        [this](connection& c) { return close(c); });
    EXPECT_EQ(collect(clock, std::move(s)).what, "no use");
    EXPECT_EQ(log, "open opened close closed ");
}

TEST_F(using_resource_test, fails_when_it_cannot_acquire_and_releases_nothing) {
    asio::io_context ctx;
    virtual_clock clock(ctx);
    auto s = using_resource(
        ctx.get_executor(),
        []() -> asio::awaitable<int> {
            co_await sleep_for(1s);
            throw std::runtime_error("no connection");
        },
        [&](int&) { return script_source<int>(ctx.get_executor()).end(); },
        [this](int) -> asio::awaitable<void> {
            log += "close ";
            co_return;
        });

    EXPECT_EQ(collect(clock, s).what, "no connection");
    EXPECT_TRUE(collect(clock, s).ended);
    EXPECT_EQ(log, "");
}

TEST_F(using_resource_test, a_failed_release_fails_it_unless_the_stream_has) {
    asio::io_context ctx;
    virtual_clock clock(ctx);
    set_log_sink([this](log_level, std::string_view text) { logged.emplace_back(text); });
    auto failing = [&](auto up) {
        return using_resource(
            ctx.get_executor(),
            []() -> asio::awaitable<int> { co_return 1; },
            [up = std::move(up)](int&) mutable { return std::move(up); },
            [](int) -> asio::awaitable<void> {
                throw std::runtime_error("cannot close");
                co_return;
            });
    };
    EXPECT_EQ(
        collect(clock, failing(script_source<int>(ctx.get_executor()).end())).what, "cannot close");
    EXPECT_TRUE(logged.empty());
    EXPECT_EQ(
        collect(clock, failing(script_source<int>(ctx.get_executor()).fail(asio::error::eof))).ec,
        asio::error::eof);
    EXPECT_EQ(logged, std::vector<std::string>{"using_resource: release failed: cannot close"});
}

TEST_F(using_resource_test, takes_functions_that_take_a_token) {
    asio::io_context ctx;
    virtual_clock clock(ctx);
    auto s = using_resource(
        ctx.get_executor(),
        [](auto&& token) {
            return asio::async_initiate<decltype(token), void(error_code, int)>(
                [](auto handler) {
                    auto ex = asio::get_associated_executor(handler);
                    asio::post(ex, [h = std::move(handler)]() mutable { h(error_code(), 7); });
                },
                token);
        },
        [&](int& i) { return script_source<int>(ctx.get_executor()).item(i).end(); },
        [&](int, auto&& token) { return async_sleep_for(ctx.get_executor(), 1s, token); });

    EXPECT_EQ(collect(clock, std::move(s)).items, ints{7});
    EXPECT_EQ(clock.elapsed(), 1s);
}

TEST_F(using_resource_test, destroyed_after_any_number_of_steps_it_releases_what_it_has_acquired) {
    int closed = 0;
    bool over = false;
    for (int steps = 0; !over; ++steps) {
        SCOPED_TRACE(steps);
        ASSERT_LT(steps, 50);
        log.clear();
        asio::io_context ctx;
        virtual_clock clock(ctx);
        std::optional s(
            stream(ctx, script_source<int>(ctx.get_executor(), seen).pending().pending().end()));
        completion_probe<std::optional<int>> p;
        s->async_next(asio::bind_executor(ctx.get_executor(), p.handler()));
        for (int i = 0; i != steps; ++i)
            clock.run_one();
        over = p.calls() != 0;

        s.reset();
        EXPECT_EQ(
            log.find("use ") != std::string::npos && log.find("close ") == std::string::npos
                ? seen.live()
                : 0,
            0U)
            << "the stream outlives its end";
        clock.run();

        EXPECT_EQ(p.calls(), 1);
        EXPECT_EQ(log.find("opened ") != log.npos, log.find("closed ") != log.npos) << log;
        EXPECT_EQ(seen.live(), 0U);
        closed += log.find("closed ") != log.npos;
    }
    EXPECT_GT(closed, 2);
}

TEST_F(using_resource_test, does_not_outlive_the_context) {
    for (int steps = 0; steps != 12; ++steps) {
        SCOPED_TRACE(steps);
        std::optional<virtual_clock> clock;
        auto ctx = std::make_unique<asio::io_context>();
        clock.emplace(*ctx);
        auto s = stream(*ctx, script_source<int>(ctx->get_executor(), seen).pending().end());
        completion_probe<std::optional<int>> p;
        s.async_next(asio::bind_executor(ctx->get_executor(), p.handler()));
        for (int i = 0; i != steps; ++i)
            clock->run_one();
        clock.reset();
        ctx.reset();
        EXPECT_EQ(p.calls() + p->destroyed, 1);
    }
}

} // namespace
} // namespace streamx::testing
