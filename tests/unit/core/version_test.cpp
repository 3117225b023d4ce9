#include <streamx/version.hpp> // first, so this file also proves the header stands alone

#include <gtest/gtest.h>

#include <algorithm>

namespace streamx::testing {
namespace {

TEST(version_test, is_three_numbers_with_dots_between) {
    auto v = version();

    EXPECT_EQ(std::count(v.begin(), v.end(), '.'), 2) << v;
    EXPECT_EQ(v.find_first_not_of("0123456789."), v.npos) << v;
}

} // namespace
} // namespace streamx::testing
