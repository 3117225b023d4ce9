#include <streamx/core/detail/one_thread.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace streamx::detail {
namespace {

void run_four(const auto& fn) {
    std::vector<std::jthread> threads;
    for (int i = 0; i != 4; ++i)
        threads.emplace_back(fn);
}

TEST(one_thread_test, tells_that_there_are_several) {
    bool alone = true;
    std::jthread([&] { alone = one_thread(); }).join();

    EXPECT_FALSE(alone);
}

TEST(one_thread_test, a_light_mutex_lets_one_in_at_a_time) {
    light_mutex mutex;
    int count = 0;

    run_four([&] {
        for (int i = 0; i != 20'000; ++i) {
            const light_mutex::held lock(mutex);
            ++count;
        }
    });

    EXPECT_EQ(count, 80'000);
}

TEST(one_thread_test, a_light_mutex_is_held_once) {
    light_mutex mutex;
    {
        light_mutex::held first(mutex);
        EXPECT_FALSE(mutex.try_lock());
        const light_mutex::held second(std::move(first));
        first.let_go();
        EXPECT_FALSE(mutex.try_lock());
    }

    EXPECT_TRUE(mutex.try_lock());
}

TEST(one_thread_test, who_finds_a_light_mutex_locked_sleeps_until_it_is_let_go) {
    light_mutex mutex;
    light_mutex::held lock(mutex); // perhaps while there is no thread but this
    int seen = 0;
    int value = 0;
    std::jthread other([&] {
        const light_mutex::held own(mutex);
        seen = value;
    });
    value = 1;
    lock.let_go();
    other.join();

    EXPECT_EQ(seen, 1);
}

TEST(one_thread_test, only_the_last_to_drop_a_shared_count_is_the_last) {
    shared_count count;
    count.add();
    EXPECT_TRUE(count.is_one());
    std::atomic<int> last = 0;

    run_four([&] {
        for (int i = 0; i != 20'000; ++i) {
            count.add();
            last += count.drop();
        }
    });

    EXPECT_EQ(last, 0);
    EXPECT_TRUE(count.is_one());
    EXPECT_TRUE(count.drop());
}

} // namespace
} // namespace streamx::detail
