#include <streamx/core/async_stream.hpp> // first, so this file also proves the header stands alone

#include <gtest/gtest.h>

#include <string>

namespace streamx::testing {
namespace {

struct least {
    using value_type = int;
    using executor_type = no_executor;
    poll<int> try_next() { return end; }
    executor_type get_executor() const { return {}; }
};

struct cannot_move : least {
    cannot_move(cannot_move&&) = delete;
};

struct cannot_be_assigned : least {
    cannot_be_assigned(cannot_be_assigned&&) = default;
    cannot_be_assigned& operator=(cannot_be_assigned&&) = delete;
};

struct without_value_type {
    using executor_type = no_executor;
    poll<int> try_next() { return end; }
    executor_type get_executor() const { return {}; }
};

struct without_executor_type {
    using value_type = int;
    poll<int> try_next() { return end; }
    no_executor get_executor() const { return {}; }
};

struct gives_another_type : least {
    poll<std::string> try_next() { return end; }
};

struct gives_a_bare_item : least {
    int try_next() { return 1; }
};

struct has_no_const_executor : least {
    executor_type get_executor() { return {}; }
};

TEST(async_stream_test, is_what_can_be_tried_moved_and_says_its_types) {
    EXPECT_TRUE(async_stream<least>);
    EXPECT_TRUE(async_stream<cannot_be_assigned>);
}

TEST(async_stream_test, is_nothing_that_lacks_a_part) {
    EXPECT_FALSE(async_stream<int>);
    EXPECT_FALSE(async_stream<cannot_move>);
    EXPECT_FALSE(async_stream<without_value_type>);
    EXPECT_FALSE(async_stream<without_executor_type>);
    EXPECT_FALSE(async_stream<gives_another_type>);
    EXPECT_FALSE(async_stream<gives_a_bare_item>);
    EXPECT_FALSE(async_stream<has_no_const_executor>);
}

TEST(async_stream_test, may_be_given_to_be_owned_or_borrowed_but_not_as_a_constant) {
    EXPECT_TRUE(async_stream_ref<least>);
    EXPECT_TRUE(async_stream_ref<least&>);
    EXPECT_TRUE(async_stream_ref<least&&>);
    EXPECT_FALSE(async_stream_ref<const least&>);
    EXPECT_FALSE(async_stream_ref<int&>);
}

TEST(async_stream_test, says_what_its_items_are) {
    EXPECT_TRUE((async_stream_of<least, int>));
    EXPECT_FALSE((async_stream_of<least, long>));
    EXPECT_TRUE((std::same_as<item_t<const least&>, int>));
    EXPECT_TRUE((std::same_as<executor_t<least&>, no_executor>));
}

} // namespace
} // namespace streamx::testing
