// Every raw channel is in a list that its io_context keeps, also the channel without a mutex. That
// list does have a mutex of its own (asio::detail::mutex, whatever the channel's is), so distinct
// channels are safe to make and to destroy on any thread, as a gate inside one strand needs: two
// strands are two threads at times. Means something under TSan.
#include "fact.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

namespace streamx::testing {
namespace {

TEST(channel_list_test, two_threads_may_make_and_destroy_channels_of_one_context) {
    asio::io_context ctx;
    int accepted[2] = {};
    auto make_and_destroy = [&](int& sum) {
        for (int i = 0; i < 1'000; ++i) {
            raw_channel first(ctx, 1);
            raw_channel second(ctx, 1);
            sum += first.try_send(error_code{}, i) + second.try_send(error_code{}, i);
        }
    };

    std::thread other(make_and_destroy, std::ref(accepted[0]));
    make_and_destroy(accepted[1]);
    other.join();

    EXPECT_EQ(accepted[0], 2'000);
    EXPECT_EQ(accepted[1], 2'000);
}

} // namespace
} // namespace streamx::testing
