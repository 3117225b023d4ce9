#include <streamx/operators/slide.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

struct slide_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(slide_test, gives_each_item_with_those_before_it) {
    EXPECT_EQ(
        collect(ctx, range(0, 4) | slide(3)).items,
        (std::vector<std::vector<int>>{{0, 1, 2}, {1, 2, 3}}));
}

TEST_F(slide_test, gives_nothing_when_there_are_too_few) {
    auto got = collect(ctx, range(0, 2) | slide(3));

    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(got.ended);
}

TEST_F(slide_test, refuses_a_size_of_0_and_names_the_parameter) {
    try {
        static_cast<void>(slide(0));
        FAIL() << "accepted";
    } catch (const std::invalid_argument& e) {
        EXPECT_EQ(std::string(e.what()), "slide: size must be at least 1");
    }
}

} // namespace
} // namespace streamx::testing
