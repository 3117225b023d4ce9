#include <streamx/channels/sender.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct send_all_test : channel_test {
    code result;
    std::size_t count = 99;

    auto counted() {
        return [this](error_code ec, std::size_t n) {
            EXPECT_FALSE(result) << "completed twice";
            result = ec;
            count = n;
        };
    }
};

TEST_F(send_all_test, sends_every_element_in_order_and_says_how_many) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 3);
    tx.async_send_all(ints{1, 2, 3, 4, 5, 6, 7}, counted());
    run();
    EXPECT_FALSE(result);
    EXPECT_EQ(rx.size(), 3u);

    ints got;
    while (auto item = rx.try_next()) {
        got.push_back(*item);
        run();
    }

    EXPECT_EQ(got, (ints{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(result, success);
    EXPECT_EQ(count, 7u);
}

TEST_F(send_all_test, an_empty_range_is_done_at_once_but_not_inside_the_call) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);

    tx.async_send_all(ints(), counted());
    EXPECT_FALSE(result);
    run();

    EXPECT_EQ(result, success);
    EXPECT_EQ(count, 0u);
}

TEST_F(send_all_test, moves_the_elements_of_a_container) {
    auto [tx, rx] = make_channel<std::unique_ptr<int>>(ctx.get_executor(), 2);
    std::vector<std::unique_ptr<int>> items;
    items.push_back(std::make_unique<int>(1));
    items.push_back(std::make_unique<int>(2));

    tx.async_send_all(std::move(items), counted());
    run();

    EXPECT_EQ(count, 2u);
    EXPECT_EQ(**take_one(rx), 1);
}

TEST_F(send_all_test, takes_a_view) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);

    tx.async_send_all(std::views::iota(5, 8), counted());
    run();

    EXPECT_EQ(take_all(rx), (ints{5, 6, 7}));
}

TEST_F(send_all_test, cancelled_midway_it_says_how_many_are_in_the_channel) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    asio::cancellation_signal cancel;
    tx.async_send_all(ints{1, 2, 3, 4}, asio::bind_cancellation_slot(cancel.slot(), counted()));
    run();

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(result, asio::error::operation_aborted);
    EXPECT_EQ(count, 2u);
    EXPECT_EQ(take_all(rx), (ints{1, 2}));
}

TEST_F(send_all_test, cancelled_when_a_parked_element_was_just_taken_it_counts_that_one) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    asio::cancellation_signal cancel;
    tx.async_send_all(ints{1, 2, 3, 4}, asio::bind_cancellation_slot(cancel.slot(), counted()));
    run();
    ints got{*take_one(rx)}; // moves the third in

    cancel.emit(asio::cancellation_type::total);
    run();

    for (int item : take_all(rx))
        got.push_back(item);
    EXPECT_TRUE(result);
    EXPECT_EQ(count, got.size());
}

TEST_F(send_all_test, a_close_midway_ends_it_with_the_number_that_was_accepted) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    tx.async_send_all(ints{1, 2, 3, 4}, counted());
    run();

    rx.close();
    run();

    EXPECT_EQ(result, errc::closed);
    EXPECT_EQ(count, 2u);
}

TEST_F(send_all_test, a_close_when_a_parked_element_was_just_taken_counts_that_one) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    tx.async_send_all(ints{1, 2, 3, 4}, counted());
    run();
    ints got{*take_one(rx)};

    rx.close();
    run();

    for (int item : take_all(rx))
        got.push_back(item);
    EXPECT_EQ(result, errc::closed);
    EXPECT_EQ(count, got.size());
}

TEST_F(send_all_test, into_a_channel_that_fails_when_full_reports_that) {
    auto [tx, rx] =
        make_channel<int>(ctx.get_executor(), {.capacity = 2, .overflow = overflow::fail});

    tx.async_send_all(ints{1, 2, 3, 4}, counted());
    run();

    EXPECT_EQ(result, errc::full);
    EXPECT_EQ(count, 2u);
}

TEST_F(send_all_test, goes_on_when_its_sender_is_gone_and_is_a_sender_until_it_is_done) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    std::optional tx(std::move(ends.tx));
    tx->async_send_all(ints{1, 2, 3}, counted());

    tx.reset();
    ints got;
    run();
    while (auto item = ends.rx.try_next()) {
        got.push_back(*item);
        run();
    }

    EXPECT_EQ(got, (ints{1, 2, 3}));
    EXPECT_EQ(count, 3u);
    EXPECT_TRUE(ends.rx.try_next().is_end());
}

} // namespace
} // namespace streamx::testing
