#include <streamx/core/detail/hot.hpp> // first, so this file also proves the header stands alone

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>

namespace streamx::testing {
namespace {

using detail::hot;

TEST(hot_test, puts_a_small_copy_back_at_its_end) {
    int home = 1;
    {
        hot copy(home);
        ++*copy;
        EXPECT_EQ(home, 1);
    }
    EXPECT_EQ(home, 2);
}

TEST(hot_test, puts_it_back_when_something_is_thrown) {
    int home = 1;
    try {
        hot copy(home);
        ++*copy;
        throw std::runtime_error("boom");
    } catch (const std::runtime_error&) {
    }
    EXPECT_EQ(home, 2);
}

TEST(hot_test, works_on_a_lambda_which_cannot_be_assigned) {
    auto home = [n = 0]() mutable { return ++n; };
    {
        hot copy(home);
        (*copy)();
    }
    EXPECT_EQ(home(), 2);
}

TEST(hot_test, leaves_what_is_large_or_not_trivial_where_it_is) {
    std::string text = "a";
    std::array<int, 100> many{};

    hot by_reference(text);
    hot large(many);

    EXPECT_EQ(&*by_reference, &text);
    EXPECT_EQ(&*large, &many);
}

} // namespace
} // namespace streamx::testing
