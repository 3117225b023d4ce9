#include <streamx/operators/stride.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

struct stride_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(stride_test, gives_the_first_item_and_every_so_manieth_after_it) {
    EXPECT_EQ(collect(ctx, range(0, 8) | stride(3)).items, (std::vector{0, 3, 6}));
}

TEST_F(stride_test, of_1_gives_all) {
    EXPECT_EQ(collect(ctx, range(0, 3) | stride(1)).items, (std::vector{0, 1, 2}));
}

TEST_F(stride_test, refuses_a_step_of_0_and_names_the_parameter) {
    try {
        static_cast<void>(stride(0));
        FAIL() << "accepted";
    } catch (const std::invalid_argument& e) {
        EXPECT_EQ(std::string(e.what()), "stride: step must be at least 1");
    }
}

} // namespace
} // namespace streamx::testing
