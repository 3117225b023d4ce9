#include <contract/operations.hpp>

#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

// No handler runs inside the call that started its operation, nor inside the one that lets it go
// on.

namespace streamx::testing {
namespace {

template <class Operation>
struct never_inline_test : ::testing::Test {
    template <class Initiate>
    void on_the_executor(Initiate initiate) {
        asio::post(ctx, initiate); // where a dispatch would run at once
        ctx.poll();
        ctx.restart();
    }

    asio::io_context ctx;
    Operation op{ctx.get_executor()};
    completion_probe<> p;
};

TYPED_TEST_SUITE(never_inline_test, operations, operation_name);

TYPED_TEST(never_inline_test, when_it_can_succeed_at_once) {
    this->op.finish();
    this->on_the_executor(
        [this] { this->p.start([&](auto handler) { this->op.start(std::move(handler)); }); });
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_FALSE(this->p->inside);
    EXPECT_FALSE(this->p->ec) << this->p->what;
}

TYPED_TEST(never_inline_test, when_what_it_waits_for_happens) {
    this->op.start(this->p.handler());
    this->ctx.poll();
    ASSERT_EQ(this->p.calls(), 0);

    this->on_the_executor([this] {
        this->op.finish();
        EXPECT_EQ(this->p.calls(), 0);
    });
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_FALSE(this->p->ec) << this->p->what;
}

TYPED_TEST(never_inline_test, when_what_it_waits_on_is_destroyed) {
    if constexpr (can_drop<TypeParam>) {
        this->op.start(this->p.handler());
        this->ctx.poll();

        this->on_the_executor([this] {
            this->op.drop();
            EXPECT_EQ(this->p.calls(), 0);
        });
        this->ctx.poll();

        EXPECT_EQ(this->p.calls(), 1);
        EXPECT_EQ(this->p->ec, asio::error::operation_aborted) << this->p->what;
    }
}

} // namespace
} // namespace streamx::testing
