#include <contract/operations.hpp>

#include <streamx/channels/broadcast.hpp>
#include <streamx/terminals/async_for_each.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/tracking_allocator.hpp>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <exception>
#include <utility>

// What an operation needs it has from its handler's allocator, and all of it is free again when the
// handler runs.

namespace streamx::testing {
namespace {

template <class Operation>
struct allocators_test : ::testing::Test {
    void start() {
        auto noting = [this, handler = p.handler()](auto&&... args) mutable {
            live_in_handler = memory.live_bytes();
            handler(std::forward<decltype(args)>(args)...);
        };
        op.start(asio::bind_executor(
            ctx.get_executor(), asio::bind_allocator(memory, std::move(noting))));
    }

    tracking_allocator<> memory;
    asio::io_context ctx;
    Operation op{ctx.get_executor()};
    completion_probe<> p;
    std::size_t live_in_handler = 1;
};

TYPED_TEST_SUITE(allocators_test, operations, operation_name);

TYPED_TEST(allocators_test, memory_of_a_wait_is_the_handlers_and_free_when_it_runs) {
    this->start();
    this->ctx.poll();
    EXPECT_GT(this->memory.live_bytes(), 0u);

    this->op.finish();
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_EQ(this->live_in_handler, 0u);
}

TYPED_TEST(allocators_test, memory_of_what_succeeds_at_once_is_the_handlers_and_free_when_it_runs) {
    this->op.finish();
    this->start();
    this->ctx.poll();

    EXPECT_GT(this->memory.allocations(), 0u);
    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_EQ(this->live_in_handler, 0u);
}

TYPED_TEST(allocators_test, memory_of_what_is_given_up_is_free_when_the_handler_runs) {
    if constexpr (can_drop<TypeParam>) {
        this->start();
        this->ctx.poll();

        this->op.drop();
        this->ctx.poll();

        EXPECT_EQ(this->p.calls(), 1);
        EXPECT_EQ(this->live_in_handler, 0u);
    }
}

TEST(allocators_of_terminals_test, a_terminal_waits_again_in_the_memory_of_the_wait_before) {
    tracking_allocator<> memory;
    asio::io_context ctx;
    broadcast<int> b(ctx.get_executor());
    std::size_t live_in_handler = 1;
    int sum = 0;
    async_for_each(
        b.subscribe(),
        [&sum](int i) { sum += i; },
        asio::bind_allocator(
            memory, [&](std::exception_ptr) { live_in_handler = memory.live_bytes(); }));
    ctx.poll();
    const auto allocations = memory.allocations();

    for (int i = 1; i <= 10; ++i) {
        EXPECT_TRUE(b.try_put(i));
        ctx.poll();
    }
    EXPECT_EQ(memory.allocations(), allocations);
    b.close();
    ctx.poll();

    EXPECT_EQ(sum, 55);
    EXPECT_EQ(live_in_handler, 0u);
}

} // namespace
} // namespace streamx::testing
