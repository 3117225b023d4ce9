#include <streamx/core/detail/ready_queue.hpp> // first, so this file also proves the header stands alone

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace streamx::detail {
namespace {

std::vector<std::size_t> drain(ready_queue& q) {
    std::vector<std::size_t> order;
    while (auto i = q.front()) {
        order.push_back(*i);
        q.pop();
    }
    return order;
}

TEST(ready_queue_test, holds_all_at_first_in_order) {
    ready_queue q(3);

    EXPECT_EQ(drain(q), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(ready_queue_test, may_be_empty) {
    ready_queue q(0);

    EXPECT_EQ(q.front(), std::nullopt);
}

TEST(ready_queue_test, keeps_its_front_until_told) {
    ready_queue q(2);

    EXPECT_EQ(q.front(), 0U);
    EXPECT_EQ(q.front(), 0U);
}

TEST(ready_queue_test, rotates_the_front_to_the_back) {
    ready_queue q(3);
    q.rotate();

    EXPECT_EQ(drain(q), (std::vector<std::size_t>{1, 2, 0}));
}

TEST(ready_queue_test, rotating_one_alone_leaves_it_there) {
    ready_queue q(1);
    q.rotate();
    q.rotate();

    EXPECT_EQ(drain(q), std::vector<std::size_t>{0});
}

TEST(ready_queue_test, those_that_arrive_stand_behind_those_that_are_there) {
    ready_queue q(4);
    q.pop();
    q.pop();
    q.arrive(1, {});
    q.arrive(0, {});

    EXPECT_EQ(drain(q), (std::vector<std::size_t>{2, 3, 1, 0}));
}

TEST(ready_queue_test, goes_round_any_number_of_times) {
    ready_queue q(3);
    for (int n = 0; n != 100; ++n) {
        const auto i = *q.front();
        EXPECT_EQ(i, static_cast<std::size_t>(n % 3));
        q.pop();
        q.arrive(i, {});
    }
}

TEST(ready_queue_test, throws_the_failure_of_a_wait_once) {
    ready_queue q(2);
    drain(q);
    q.arrive(0, asio::error::connection_reset);
    q.arrive(1, {});

    error_code ec;
    try {
        q.front();
    } catch (const boost::system::system_error& e) {
        ec = e.code();
    }

    EXPECT_EQ(ec, asio::error::connection_reset);
    EXPECT_NO_THROW(q.front());
}

TEST(ready_queue_test, says_without_throwing_whether_there_is_something) {
    ready_queue q(1);
    EXPECT_TRUE(q.any());
    drain(q);
    EXPECT_FALSE(q.any());
    q.push(0);
    EXPECT_TRUE(q.any());
    drain(q);

    q.arrive(0, asio::error::connection_reset);

    EXPECT_TRUE(q.any());
}

} // namespace
} // namespace streamx::detail
