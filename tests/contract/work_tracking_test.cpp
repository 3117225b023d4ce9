#include <contract/operations.hpp>

#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <type_traits>

// While an operation waits, `run` of its io_context stays; when nothing waits any more it returns.
// (A poll that finds no outstanding work stops the io_context.)

namespace streamx::testing {
namespace {

template <class Operation>
struct work_tracking_test : ::testing::Test {
    asio::io_context ctx;
    Operation op{ctx.get_executor()};
    completion_probe<> p;
};

TYPED_TEST_SUITE(work_tracking_test, operations, operation_name);

TYPED_TEST(work_tracking_test, keeps_its_io_context_running_until_it_is_done) {
    this->op.start(this->p.handler());
    this->ctx.poll();
    EXPECT_FALSE(this->ctx.stopped());

    this->op.finish();
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    if constexpr (!std::is_same_v<TypeParam, of_produce>) { // its coroutine waits for more to send
        EXPECT_TRUE(this->ctx.stopped());
    }
}

TYPED_TEST(work_tracking_test, keeps_its_handlers_io_context_running_until_it_is_done) {
    asio::io_context handlers;
    this->op.start(asio::bind_executor(handlers.get_executor(), this->p.handler()));
    this->ctx.poll();
    handlers.poll();
    this->ctx.poll();
    EXPECT_FALSE(handlers.stopped());

    this->op.finish();
    for (int i = 0; i != 4; ++i) {
        this->ctx.restart();
        this->ctx.poll();
        handlers.poll();
    }

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_TRUE(handlers.stopped());
}

TYPED_TEST(work_tracking_test, an_endpoint_on_which_nothing_waits_is_no_work) {
    this->ctx.poll();

    EXPECT_TRUE(this->ctx.stopped());
}

} // namespace
} // namespace streamx::testing
