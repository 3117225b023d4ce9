#include <rsocket/fifo.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

namespace streamx::rsocket {
namespace {

TEST(fifo_test, what_was_pushed_is_popped_in_its_order) {
    std::mt19937 random(1);
    for (int round = 0; round != 20; ++round) {
        fifo<int> ours;
        std::deque<int> expected;
        for (int i = 0; i != 10'000; ++i) {
            if (random() % 100 < 40U + static_cast<unsigned>(round)) {
                ours.push(i);
                expected.push_back(i);
            } else if (!expected.empty()) {
                ASSERT_EQ(ours.pop(), expected.front());
                expected.pop_front();
            }
            ASSERT_EQ(ours.empty(), expected.empty());
        }
    }
}

TEST(fifo_test, what_was_popped_or_cleared_away_is_not_kept) {
    const auto item = std::make_shared<int>(1);
    fifo<std::shared_ptr<int>> f;
    for (int i = 0; i != 3; ++i)
        f.push(item);
    f.pop();
    EXPECT_EQ(item.use_count(), 3);
    f.clear();
    EXPECT_EQ(item.use_count(), 1);
    EXPECT_TRUE(f.empty());
}

/// Items that can be counted each time they are moved.
struct traveller {
    explicit traveller(int& moves) : moves_(&moves) {}
    traveller(traveller&& other) noexcept : moves_(other.moves_) { ++*moves_; }
    traveller& operator=(traveller&& other) noexcept {
        moves_ = other.moves_;
        ++*moves_;
        return *this;
    }
    int* moves_;
};

TEST(fifo_test, a_queue_that_is_never_empty_neither_grows_nor_moves_its_items_often) {
    int moves = 0;
    fifo<traveller> f;
    for (int i = 0; i != 1000; ++i)
        f.push(traveller(moves));
    moves = 0;
    for (int i = 0; i != 100'000; ++i) {
        f.pop();
        f.push(traveller(moves));
    }
    EXPECT_LT(moves, 600'000);
}

} // namespace
} // namespace streamx::rsocket
