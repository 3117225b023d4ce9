#include <streamx/sources/repeat.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct repeat_test : ::testing::Test {
    asio::io_context ctx;
};

/// A copy of it cannot be copied.
struct fragile {
    fragile() = default;
    fragile(fragile&&) = default;
    fragile(const fragile& other) : copies(other.copies + 1) {
        if (copies == 2)
            throw std::runtime_error("boom");
    }
    int copies = 0;
};

TEST_F(repeat_test, goes_on_for_ever) {
    auto s = repeat(7);

    for (int i = 0; i != 10'000; ++i)
        ASSERT_EQ(*s.try_next(), 7);
}

TEST_F(repeat_test, goes_on_as_often_as_it_is_told) {
    auto got = collect(ctx, repeat(7, 3));

    EXPECT_EQ(got.items, (std::vector{7, 7, 7}));
    EXPECT_TRUE(got.ended);
}

TEST_F(repeat_test, no_times_is_an_empty_stream) {
    auto got = collect(ctx, repeat(7, 0));

    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(got.ended);
}

TEST_F(repeat_test, copies_each_item_but_the_last) {
    item_counts counts;
    auto s = repeat(counted_item(7, counts), 3);

    for (int i = 0; i != 3; ++i)
        EXPECT_EQ(*s.try_next(), 7);
    EXPECT_TRUE(s.try_next().is_end());

    EXPECT_EQ(counts.copies, 2U);
}

TEST_F(repeat_test, fails_with_what_copying_throws) {
    fragile original;
    auto copy = repeat(original);
    auto moved = repeat(fragile());

    EXPECT_THROW((void)copy.try_next(), std::runtime_error);
    EXPECT_EQ(moved.try_next()->copies, 1);
}

} // namespace
} // namespace streamx::testing
