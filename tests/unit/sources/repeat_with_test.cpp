#include <streamx/sources/repeat_with.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

struct repeat_with_test : ::testing::Test {
    asio::io_context ctx;
};

TEST_F(repeat_with_test, calls_the_function_for_each_item) {
    auto s = repeat_with([n = 0]() mutable { return ++n; });

    for (int i = 1; i != 10'000; ++i)
        ASSERT_EQ(*s.try_next(), i);
}

TEST_F(repeat_with_test, calls_the_function_when_pulled_and_not_before) {
    int calls = 0;
    auto s = repeat_with([&] { return ++calls; });
    EXPECT_EQ(calls, 0);

    EXPECT_EQ(*s.try_next(), 1);

    EXPECT_EQ(calls, 1);
}

TEST_F(repeat_with_test, fails_with_what_the_function_throws) {
    auto got = collect(ctx, repeat_with([n = 0]() mutable {
                           return n == 2 ? throw std::runtime_error("boom") : n++;
                       }));

    EXPECT_EQ(got.items, (std::vector{0, 1}));
    EXPECT_EQ(got.what, "boom");
}

TEST_F(repeat_with_test, gives_a_value_where_the_function_returns_a_reference) {
    const std::string text = "text";
    auto s = repeat_with([&]() -> const std::string& { return text; });
    static_assert(std::is_same_v<item_t<decltype(s)>, std::string>);

    EXPECT_EQ(*s.try_next(), "text");
}

TEST_F(repeat_with_test, gives_move_only_items) {
    auto s = repeat_with([] { return move_only_item(7); });

    EXPECT_EQ(*s.try_next(), 7);
}

} // namespace
} // namespace streamx::testing
