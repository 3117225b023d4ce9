#include <streamx/core/adaptor.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/filter.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct adaptor_test : ::testing::Test {
    asio::io_context ctx;

    template <class S>
    std::vector<item_t<S>> items(S s) {
        return collect(ctx, std::move(s)).items;
    }

    static auto doubled() {
        return map([](int i) { return 2 * i; });
    }
    static auto above_2() {
        return filter([](int i) { return i > 2; });
    }
};

TEST_F(adaptor_test, applies_an_operator_to_a_stream) {
    EXPECT_EQ(items(range(0, 3) | doubled()), (std::vector{0, 2, 4}));
}

TEST_F(adaptor_test, two_joined_are_the_same_as_piping_twice) {
    auto twice = range(0, 5) | doubled() | above_2();
    auto joined = range(0, 5) | (doubled() | above_2());

    EXPECT_EQ(items(std::move(twice)), (std::vector{4, 6, 8}));
    EXPECT_EQ(items(std::move(joined)), (std::vector{4, 6, 8}));
}

TEST_F(adaptor_test, joining_is_associative) {
    auto left = range(0, 9) | ((doubled() | above_2()) | take(2));
    auto right = range(0, 9) | (doubled() | (above_2() | take(2)));

    EXPECT_EQ(items(std::move(left)), (std::vector{4, 6}));
    EXPECT_EQ(items(std::move(right)), (std::vector{4, 6}));
}

TEST_F(adaptor_test, a_named_pipeline_can_be_used_again_and_inside_another) {
    const auto pipeline = doubled() | above_2();
    auto longer = pipeline | take(1);

    EXPECT_EQ(items(range(0, 3) | pipeline), (std::vector{4}));
    EXPECT_EQ(items(range(1, 4) | pipeline), (std::vector{4, 6}));
    EXPECT_EQ(items(range(0, 9) | longer), (std::vector{4}));
    EXPECT_EQ(items(range(5, 9) | longer), (std::vector{10}));
}

TEST_F(adaptor_test, each_use_of_a_named_pipeline_has_a_function_of_its_own) {
    auto numbered = map([n = 0](int i) mutable { return i + 10 * ++n; });

    EXPECT_EQ(items(range(0, 2) | numbered), (std::vector{10, 21}));
    EXPECT_EQ(items(range(0, 2) | numbered), (std::vector{10, 21}));
}

TEST_F(adaptor_test, one_used_up_may_hold_what_cannot_be_copied) {
    auto plus = map([one = std::make_unique<int>(1)](int i) { return i + *one; });

    EXPECT_EQ(items(range(0, 2) | std::move(plus)), (std::vector{1, 2}));
}

TEST_F(adaptor_test, can_be_called_like_a_function) {
    EXPECT_EQ(items(doubled()(range(0, 2))), (std::vector{0, 2}));
}

template <class L, class R>
concept can_be_piped = requires(L l, R r) { std::move(l) | std::move(r); };

TEST_F(adaptor_test, nothing_but_a_stream_can_be_piped) {
    using doubling = decltype(doubled());

    EXPECT_TRUE((can_be_piped<range_stream<int>, doubling>));
    EXPECT_FALSE((can_be_piped<int, doubling>));
    EXPECT_FALSE((can_be_piped<doubling, int>));
    EXPECT_FALSE((std::is_invocable_v<doubling, int>));
}

} // namespace
} // namespace streamx::testing
