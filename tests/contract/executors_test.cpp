#include <contract/operations.hpp>

#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/tracking_executor.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <utility>

// A handler runs on its associated executor, or else on that of the stream or endpoint.

namespace streamx::testing {
namespace {

template <class Operation>
struct executors_test : ::testing::Test {
    using executor = tracking_executor<asio::io_context::executor_type>;

    /// A handler that notes whether it runs on `ex`.
    auto noting(const executor& ex) {
        return [this, ex, handler = p.handler()](auto&&... args) mutable {
            there = ex.running_here();
            handler(std::forward<decltype(args)>(args)...);
        };
    }

    asio::io_context ctx;
    executor own{ctx.get_executor()};
    executor other{ctx.get_executor()};
    Operation op{own};
    completion_probe<> p;
    bool there = false;
};

TYPED_TEST_SUITE(executors_test, operations, operation_name);

TYPED_TEST(executors_test, falls_back_to_the_streams_or_endpoints) {
    this->op.start(this->noting(this->own));
    this->ctx.poll();
    this->op.finish();
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_TRUE(this->there);
}

TYPED_TEST(executors_test, falls_back_to_it_also_when_it_succeeds_at_once) {
    this->op.finish();
    this->op.start(this->noting(this->own));
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_TRUE(this->there);
}

TYPED_TEST(executors_test, honours_the_handlers) {
    this->op.start(asio::bind_executor(this->other, this->noting(this->other)));
    this->ctx.poll();
    this->op.finish();
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_TRUE(this->there);
}

TYPED_TEST(executors_test, honours_the_handlers_also_when_it_succeeds_at_once) {
    this->op.finish();
    this->op.start(asio::bind_executor(this->other, this->noting(this->other)));
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_TRUE(this->there);
}

TYPED_TEST(executors_test, a_future_is_completed_by_the_streams_or_endpoints) {
    const auto before = this->own.executed();
    auto future = this->op.start(asio::use_future);
    this->ctx.poll();
    this->op.finish();
    this->ctx.poll(); // all of it happens here, and not on the system's threads

    EXPECT_GT(this->own.executed(), before);
    ASSERT_EQ(future.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_NO_THROW(static_cast<void>(future.get()));
}

} // namespace
} // namespace streamx::testing
