#include <contract/operations.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <exception>

// Where an operation completes with an error_code, `redirect_error` puts it where the user says.

namespace streamx::testing {
namespace {

template <class Operation>
struct redirect_error_test : ::testing::Test {
    void start() {
        auto run = [](auto& operation, error_code& result) -> asio::awaitable<void> {
            static_cast<void>(
                co_await operation.start(asio::redirect_error(asio::use_awaitable, result)));
        };
        asio::co_spawn(
            ctx, run(op, ec), [this](std::exception_ptr failure) { returned = !failure; });
        ctx.poll();
    }

    asio::io_context ctx;
    Operation op{ctx.get_executor()};
    error_code ec = asio::error::would_block;
    bool returned = false;
};

using with_error_code = ::testing::Types<
    of_receiver_async_wait,
    of_receiver_async_wait_closed,
    of_async_send,
    of_async_send_by_reference,
    of_async_send_all,
    of_async_reserve,
    of_sender_async_wait,
    of_any_sink_async_wait,
    of_sender_async_wait_closed>;
TYPED_TEST_SUITE(redirect_error_test, with_error_code, operation_name);

TYPED_TEST(redirect_error_test, success) {
    this->start();
    this->op.finish();
    this->ctx.poll();

    EXPECT_TRUE(this->returned);
    EXPECT_FALSE(this->ec) << this->ec.message();
}

TYPED_TEST(redirect_error_test, an_error_is_not_thrown) {
    if constexpr (can_drop<TypeParam>) {
        this->start();
        this->op.drop();
        this->ctx.poll();

        EXPECT_TRUE(this->returned);
        EXPECT_EQ(this->ec, asio::error::operation_aborted);
    }
}

} // namespace
} // namespace streamx::testing
