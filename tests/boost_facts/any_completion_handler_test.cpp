// Fact 6: an any_completion_handler can neither wait in a raw channel nor be move-assigned.
// (That the channel does not compile with it is checked by
// must_not_compile/any_completion_handler.cpp.)
#include "fact.hpp"

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/require.hpp>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <cstdlib>
#include <type_traits>
#include <utility>

namespace streamx::testing {
namespace {

using handler = asio::any_completion_handler<void(error_code, int)>;

TEST(any_completion_handler_test, its_executor_cannot_be_required_to_post_as_the_channel_wants) {
    constexpr bool can = asio::
        can_require<asio::any_completion_executor, asio::execution::blocking_t::never_t>::value;

    if (newer_boost && can)
        GTEST_SKIP() << "mended: it can be required";
    EXPECT_FALSE(can);
}

TEST(any_completion_handler_test, wrapped_in_a_lambda_it_waits_in_a_channel) {
    asio::io_context ctx;
    raw_channel channel(ctx, 1);
    outcome received;
    handler h([&](error_code ec, int item) { received = {1, ec, item}; });

    channel.async_receive(
        [h = std::move(h)](error_code ec, int item) mutable { std::move(h)(ec, item); });
    ASSERT_TRUE(channel.try_send(error_code{}, 7));
    ctx.poll();

    EXPECT_EQ(received.item, 7);
}

[[noreturn]] void move_assign_and_exit() {
    rlimit no_core{0, 0};
    rlimit small_stack{256 * 1024, 256 * 1024};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::setrlimit(RLIMIT_STACK, &small_stack);
    handler from([](error_code, int) {});
    handler to;
    to = std::move(from);
    std::_Exit(0);
}

// The assignment copies its right side through the unconstrained converting constructor, which
// copies its right side ...
TEST(any_completion_handler_test, move_assigning_recurses_until_the_stack_is_gone) {
    constexpr bool takes_itself_as_an_lvalue = std::is_constructible_v<handler, handler&>;
    if (newer_boost && !takes_itself_as_an_lvalue)
        GTEST_SKIP() << "mended: the converting constructor is constrained";

    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(move_assign_and_exit(), "");
}

TEST(any_completion_handler_test, swapping_and_move_constructing_are_safe) {
    int calls = 0;
    handler from([&](error_code, int) { ++calls; });
    handler to;

    to.swap(from);
    handler last(std::move(to));
    std::move(last)(error_code{}, 1);

    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(from);
}

} // namespace
} // namespace streamx::testing
