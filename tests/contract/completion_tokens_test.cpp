#include <contract/operations.hpp>

#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <future>
#include <tuple>
#include <utility>

// Every operation takes every kind of completion token. (Callbacks: see the other files here.)

namespace streamx::testing {
namespace {

template <class Operation>
struct completion_tokens_test : ::testing::Test {
    /// Lets what was started with a token of one kind or another succeed.
    void finish() {
        ctx.poll();
        op.finish();
        ctx.restart();
        ctx.poll();
    }

    auto noting() {
        return [this](std::exception_ptr failure) { succeeded = !failure; };
    }

    asio::io_context ctx;
    Operation op{ctx.get_executor()};
    bool succeeded = false;
};

TYPED_TEST_SUITE(completion_tokens_test, operations, operation_name);

TYPED_TEST(completion_tokens_test, use_future) {
    auto future = this->op.start(asio::use_future);
    this->finish();

    ASSERT_EQ(future.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_NO_THROW(static_cast<void>(future.get()));
}

TYPED_TEST(completion_tokens_test, use_awaitable) {
    auto run = [](auto& started) -> asio::awaitable<void> {
        static_cast<void>(co_await started.start(asio::use_awaitable));
    };
    asio::co_spawn(this->ctx, run(this->op), this->noting());
    this->finish();

    EXPECT_TRUE(this->succeeded);
}

TYPED_TEST(completion_tokens_test, as_tuple) {
    auto run = [](auto& started) -> asio::awaitable<bool> {
        auto results = co_await started.start(asio::as_tuple(asio::use_awaitable));
        co_return !std::get<0>(results);
    };
    asio::co_spawn(this->ctx, run(this->op), [this](std::exception_ptr failure, bool success) {
        this->succeeded = !failure && success;
    });
    this->finish();

    EXPECT_TRUE(this->succeeded);
}

TYPED_TEST(completion_tokens_test, deferred_starts_nothing_before_it_is_called) {
    completion_probe<> p;
    auto later = this->op.start(asio::deferred);
    this->ctx.poll();
    EXPECT_TRUE(this->ctx.stopped());
    this->ctx.restart();

    std::move(later)(p.handler());
    this->finish();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->ec) << p->what;
}

TYPED_TEST(completion_tokens_test, yield_context) {
    asio::spawn(
        this->ctx,
        [this](asio::yield_context yield) { static_cast<void>(this->op.start(yield)); },
        this->noting());
    this->finish();

    EXPECT_TRUE(this->succeeded);
}

TYPED_TEST(completion_tokens_test, a_bound_strand) {
    auto strand = asio::make_strand(this->ctx);
    completion_probe<> p;
    bool there = false;
    this->op.start(
        asio::bind_executor(strand, [&, handler = p.handler()](auto&&... results) mutable {
            there = strand.running_in_this_thread();
            handler(std::forward<decltype(results)>(results)...);
        }));
    this->finish();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_TRUE(there);
}

TYPED_TEST(completion_tokens_test, detached) {
    this->op.start(asio::detached);
    this->finish();
}

} // namespace
} // namespace streamx::testing
