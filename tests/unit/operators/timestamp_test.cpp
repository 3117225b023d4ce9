#include <streamx/operators/timestamp.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/delay.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct timestamp_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(timestamp_test, says_when_each_item_came) {
    auto got = collect(clock, upstream().item(1).item(2).end() | delay(4s) | timestamp());

    const clock_service::time_point begin;
    EXPECT_EQ(got.items[0], std::pair(begin + 4s, 1));
    EXPECT_EQ(got.items[1], std::pair(begin + 8s, 2));
}

} // namespace
} // namespace streamx::testing
