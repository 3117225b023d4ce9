#include <streamx/operators/elapsed.hpp> // first, so this file also proves the header stands alone

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

struct elapsed_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(elapsed_test, says_how_long_each_item_took) {
    auto s = upstream().item(1).item(2).end() | delay(4s) | elapsed();
    EXPECT_EQ(**next(clock, s).value, std::pair(clock_service::duration(4s), 1));
    clock.run_for(1s);

    EXPECT_EQ(**next(clock, s).value, std::pair(clock_service::duration(5s), 2));
}

} // namespace
} // namespace streamx::testing
