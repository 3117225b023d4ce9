#include <rsocket/byte_window.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>

namespace streamx::rsocket {
namespace {

constexpr std::size_t largest = 1000;

TEST(byte_window_test, begins_with_what_fits_however_large_they_are) {
    EXPECT_EQ(byte_window(10'000, 64, largest).first(), 10U);
    EXPECT_EQ(byte_window(1'000'000, 64, largest).first(), 64U);
    EXPECT_EQ(byte_window(999, 64, largest).first(), 1U);
    EXPECT_EQ(byte_window(1, 64, 0).first(), 1U);
}

TEST(byte_window_test, asks_for_more_small_items_when_it_has_seen_one) {
    byte_window w(10'000, 64, largest);
    w.first();
    w.came(100);
    EXPECT_EQ(w.took(100), 64U - 9); // nine are on their way
}

TEST(byte_window_test, asks_for_fewer_when_a_large_one_has_come) {
    byte_window w(10'000, 64, 100);
    EXPECT_EQ(w.first(), 64U);
    for (int i = 0; i != 60; ++i)
        w.came(100);
    w.came(5000);
    for (int i = 0; i != 60; ++i)
        EXPECT_EQ(w.took(100), 0U); // three are on their way, and two of the large ones would fit
    w.came(5000);
    w.came(5000);
    w.came(5000);
    EXPECT_EQ(w.took(5000), 0U);
    EXPECT_EQ(w.took(5000), 0U);
    EXPECT_EQ(w.took(5000), 1U);
    EXPECT_EQ(w.took(5000), 1U);
}

TEST(byte_window_test, an_item_that_is_larger_than_the_bound_comes_alone) {
    byte_window w(10, 64, largest);
    EXPECT_EQ(w.first(), 1U);
    for (int i = 0; i != 5; ++i) {
        w.came(500);
        EXPECT_EQ(w.took(500), 1U);
    }
}

TEST(byte_window_test, counts_what_comes_without_having_been_asked_for) {
    byte_window w(1000, 64, largest);
    w.came(1000);
    EXPECT_EQ(w.first(), 0U);
    EXPECT_EQ(w.took(1000), 1U);
}

TEST(byte_window_test, items_of_no_size_fill_the_window) {
    byte_window w(10, 4, 1);
    EXPECT_EQ(w.first(), 4U);
    for (int i = 0; i != 4; ++i)
        w.came(0);
    EXPECT_EQ(w.took(0), 0U);
    EXPECT_EQ(w.took(0), 2U);
}

/// Whatever the order of what comes and what is taken: no stream stands still, no more are asked for than
/// the window, and the bytes are within the bound as long as items do not get larger.
TEST(byte_window_test, keeps_its_promise_in_any_order) {
    std::mt19937 random(1);
    const auto up_to = [&](std::size_t n) { return std::size_t(random() % (n + 1)); };
    for (int round = 0; round != 1000; ++round) {
        const auto bound = 1 + up_to(2000);
        const auto window = static_cast<std::uint32_t>(1 + up_to(20));
        const auto size = 1 + up_to(500);
        byte_window w(bound, window, size);
        std::size_t on_their_way = w.first();
        std::size_t unread_bytes = 0;
        std::deque<std::size_t> unread;
        bool seen = false; // the largest
        for (int step = 0; step != 200; ++step) {
            ASSERT_GT(on_their_way + unread.size(), 0U) << "it stands still";
            ASSERT_LE(on_their_way + unread.size(), window);
            ASSERT_LE(unread_bytes, std::max(bound, size));
            if (on_their_way != 0 && (unread.empty() || up_to(1) == 0)) {
                unread.push_back(seen ? up_to(size) : size);
                seen = true;
                unread_bytes += unread.back();
                --on_their_way;
                w.came(unread.back());
            } else {
                const auto taken = unread.front();
                unread.pop_front();
                unread_bytes -= taken;
                on_their_way += w.took(taken);
            }
        }
    }
}

} // namespace
} // namespace streamx::rsocket
