#include <contract/operations.hpp>

#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <gtest/gtest.h>

#include <optional>

// An io_context may go while operations wait: their handlers are destroyed, nothing leaks, and
// endpoints may be destroyed afterwards.

namespace streamx::testing {
namespace {

template <class Operation>
struct context_destroyed_test : ::testing::Test {
    std::optional<asio::io_context> ctx{std::in_place};
    std::optional<Operation> op{std::in_place, ctx->get_executor()};
    completion_probe<> p;
};

TYPED_TEST_SUITE(context_destroyed_test, operations, operation_name);

TYPED_TEST(context_destroyed_test, while_it_waits) {
    this->op->start(this->p.handler());
    this->ctx->poll();

    this->ctx.reset();

    EXPECT_EQ(this->p.calls(), 0);
    EXPECT_EQ(this->p->destroyed, 1);
    this->op.reset();
    EXPECT_EQ(this->p.calls(), 0);
}

TYPED_TEST(context_destroyed_test, before_it_has_run_a_step) {
    this->op->start(this->p.handler());

    this->ctx.reset();

    EXPECT_EQ(this->p->destroyed, 1);
    this->op.reset();
}

TYPED_TEST(context_destroyed_test, with_its_completion_on_the_way) {
    this->op->start(this->p.handler());
    this->ctx->poll();
    this->op->finish();

    this->ctx.reset();

    EXPECT_EQ(this->p->destroyed, 1);
    this->op.reset();
}

TYPED_TEST(context_destroyed_test, after_the_endpoints_gave_up_the_wait) {
    this->op->start(this->p.handler());
    this->ctx->poll();
    this->op.reset();

    this->ctx.reset();

    EXPECT_EQ(this->p->destroyed, 1);
}

TYPED_TEST(context_destroyed_test, while_it_waits_for_a_strand) {
    this->op->start(asio::bind_executor(asio::make_strand(*this->ctx), this->p.handler()));
    this->ctx->poll();

    this->ctx.reset();

    EXPECT_EQ(this->p->destroyed, 1);
    this->op.reset();
}

} // namespace
} // namespace streamx::testing
