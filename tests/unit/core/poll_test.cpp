#include <streamx/core/poll.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/items.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace streamx::testing {
namespace {

TEST(poll_test, holds_an_item_and_is_read_like_an_optional) {
    poll<std::string> p = "abc";

    EXPECT_TRUE(p);
    EXPECT_FALSE(p.is_end());
    EXPECT_FALSE(p.is_pending());
    EXPECT_EQ(*p, "abc");
    EXPECT_EQ(p->size(), 3U);
    EXPECT_EQ(std::as_const(p)->size(), 3U);
}

TEST(poll_test, pending_is_no_item_and_no_end) {
    poll<int> p = pending;

    EXPECT_FALSE(p);
    EXPECT_TRUE(p.is_pending());
    EXPECT_FALSE(p.is_end());
}

TEST(poll_test, end_is_no_item_and_not_pending) {
    poll<int> p = end;

    EXPECT_FALSE(p);
    EXPECT_TRUE(p.is_end());
    EXPECT_FALSE(p.is_pending());
}

TEST(poll_test, an_item_that_tests_false_is_an_item) {
    EXPECT_TRUE(poll<bool>(false));
    EXPECT_TRUE(poll<int>(0));
    EXPECT_TRUE(poll<int*>(nullptr));
}

TEST(poll_test, an_item_may_be_a_poll_itself) {
    poll<poll<int>> p = poll<int>(pending);

    EXPECT_TRUE(p);
    EXPECT_TRUE(p->is_pending());
}

TEST(poll_test, gives_a_move_only_item_away) {
    poll<std::unique_ptr<int>> p = std::make_unique<int>(1);

    std::unique_ptr<int> item = *std::move(p);

    EXPECT_EQ(*item, 1);
}

TEST(poll_test, transform_applies_a_function_to_an_item) {
    auto p = poll<int>(2).transform([](int i) { return std::to_string(i); });

    static_assert(std::is_same_v<decltype(p), poll<std::string>>);
    EXPECT_EQ(*p, "2");
}

TEST(poll_test, transform_leaves_pending_and_end_and_calls_nothing) {
    auto never = [](int) -> std::string { throw 1; };

    EXPECT_TRUE(poll<int>(pending).transform(never).is_pending());
    EXPECT_TRUE(poll<int>(end).transform(never).is_end());
}

TEST(poll_test, transform_calls_a_member_and_keeps_a_value_of_a_reference) {
    struct entry {
        std::string name;
    };

    auto p = poll<entry>(entry{"x"}).transform(&entry::name);

    static_assert(std::is_same_v<decltype(p), poll<std::string>>);
    EXPECT_EQ(*p, "x");
}

TEST(poll_test, transform_copies_nothing) {
    item_counts counts;

    auto p =
        poll<counted_item>(counted_item(1, counts)).transform([](counted_item i) { return i; });

    EXPECT_EQ(*p, 1);
    EXPECT_EQ(counts.copies, 0U);
}

TEST(poll_test, becomes_an_optional) {
    EXPECT_EQ(poll<int>(3).to_optional(), 3);
    EXPECT_EQ(poll<int>(end).to_optional(), std::nullopt);
}

TEST(poll_test, without_an_item_it_can_change_its_type) {
    EXPECT_TRUE(poll<int>(pending).without_item<std::string>().is_pending());
    EXPECT_TRUE(poll<int>(end).without_item<std::string>().is_end());
}

} // namespace
} // namespace streamx::testing
