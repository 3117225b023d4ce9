#include <streamx/operators/keep_alive.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/delay.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct keep_alive_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    script_source<int> upstream() { return script_source<int>(ctx.get_executor()); }
};

TEST_F(keep_alive_test, gives_an_item_of_its_own_when_nothing_comes_for_so_long) {
    auto items = upstream().item(1).item(2).end() | delay(10s);

    auto got = collect(clock, std::move(items) | keep_alive(4s, [] { return 0; }));

    EXPECT_EQ(got.items, (std::vector{0, 0, 1, 0, 0, 2}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(clock.elapsed(), 20s);
}

TEST_F(keep_alive_test, gives_nothing_of_its_own_while_items_come) {
    auto items = upstream().item(1).item(2).end() | delay(3s);

    auto got = collect(clock, std::move(items) | keep_alive(4s, [] { return 0; }));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
}

TEST_F(keep_alive_test, what_the_function_throws_fails_the_stream) {
    auto make = []() -> int { throw std::runtime_error("boom"); };

    EXPECT_EQ(collect(clock, upstream().hang() | keep_alive(4s, make)).what, "boom");
}

TEST_F(keep_alive_test, refuses_a_time_that_is_not_positive) {
    EXPECT_THROW((void)keep_alive(0s, [] { return 0; }), std::invalid_argument);
}

} // namespace
} // namespace streamx::testing
