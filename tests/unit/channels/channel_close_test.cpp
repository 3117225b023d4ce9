#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/error.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct channel_close_test : channel_test {};

TEST_F(channel_close_test, keeps_what_is_buffered_and_then_ends) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1, 2, 3});

    tx.close();

    EXPECT_FALSE(rx.is_open());
    EXPECT_FALSE(tx.try_send(4));
    EXPECT_EQ(take_all(rx), (ints{1, 2, 3}));
    EXPECT_TRUE(rx.try_next().is_end());
    EXPECT_TRUE(rx.try_next().is_end());
}

TEST_F(channel_close_test, keeps_what_a_receiver_has_taken_as_a_batch) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1, 2, 3, 4});
    ASSERT_EQ(take_one(rx), 1);

    tx.close();

    EXPECT_EQ(take_all(rx), (ints{2, 3, 4}));
    EXPECT_TRUE(rx.try_next().is_end());
}

TEST_F(channel_close_test, with_an_error_fails_after_the_buffered_items_once_and_then_ends) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    fill(tx, {1, 2});
    tx.close(asio::error::connection_reset);

    received<int> first, second, third, fourth;
    for (auto* one : {&first, &second, &third, &fourth}) {
        rx.async_next(into(*one));
        run();
    }

    EXPECT_EQ(first.item, 1);
    EXPECT_EQ(second.item, 2);
    EXPECT_EQ(third.ec(), asio::error::connection_reset);
    EXPECT_TRUE(fourth.ended());
}

TEST_F(channel_close_test, hands_over_the_very_exception_it_was_given) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    tx.close(std::make_exception_ptr(std::out_of_range("line 7")));

    try {
        (void)rx.try_next();
        FAIL() << "did not throw";
    } catch (const std::out_of_range& e) {
        EXPECT_STREQ(e.what(), "line 7");
    }
    EXPECT_TRUE(rx.try_next().is_end());
}

TEST_F(channel_close_test, tells_each_copy_of_the_receiver_of_the_error_once) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    auto other = rx;
    tx.close(asio::error::connection_reset);

    EXPECT_ANY_THROW((void)rx.try_next());
    EXPECT_ANY_THROW((void)other.try_next());
    EXPECT_TRUE(rx.try_next().is_end());
    EXPECT_TRUE(other.try_next().is_end());
    auto late = other;
    EXPECT_TRUE(late.try_next().is_end());
}

TEST_F(channel_close_test, the_first_close_counts) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);

    tx.close();
    tx.close(asio::error::connection_reset);

    EXPECT_TRUE(rx.try_next().is_end());
}

TEST_F(channel_close_test, an_error_wakes_a_receiver_that_waits) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    received<int> got;
    rx.async_next(into(got));
    run();
    ASSERT_FALSE(got.done);

    tx.close(asio::error::connection_reset);
    run();

    EXPECT_EQ(got.ec(), asio::error::connection_reset);
}

TEST_F(channel_close_test, tells_parked_senders_and_gives_them_their_item_back) {
    std::vector<int> undelivered;
    auto [tx, rx] = make_channel<int>(
        ctx.get_executor(),
        {.capacity = 1, .on_undelivered = [&](int&& item) { undelivered.push_back(item); }});
    fill(tx, {1});
    int mine = 2;
    code by_reference, by_value;
    tx.async_send(std::ref(mine), into(by_reference));
    tx.async_send(3, into(by_value));

    tx.close();
    run();

    EXPECT_EQ(by_reference, errc::closed);
    EXPECT_EQ(by_value, errc::closed);
    EXPECT_EQ(mine, 2);
    EXPECT_EQ(undelivered, (ints{3}));
    EXPECT_EQ(take_all(rx), (ints{1}));
}

TEST_F(channel_close_test, a_send_after_it_fails_and_gives_the_item_back) {
    std::vector<std::string> undelivered;
    auto [tx, rx] = make_channel<std::string>(
        ctx.get_executor(), {.capacity = 1, .on_undelivered = [&](std::string&& item) {
                                 undelivered.push_back(std::move(item));
                             }});
    std::string mine = "mine";
    tx.close();

    code by_reference, by_value;
    tx.async_send(std::ref(mine), into(by_reference));
    tx.async_send("yours", into(by_value));
    EXPECT_FALSE(by_reference) << "completed inside the call";
    run();

    EXPECT_EQ(by_reference, errc::closed);
    EXPECT_EQ(by_value, errc::closed);
    EXPECT_EQ(mine, "mine");
    EXPECT_EQ(undelivered, (std::vector<std::string>{"yours"}));
}

TEST_F(channel_close_test, a_receiver_that_closes_refuses_more_and_drains_the_rest) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    fill(tx, {1, 2});
    int mine = 3;
    code parked;
    tx.async_send(std::ref(mine), into(parked));

    rx.close();
    run();

    EXPECT_EQ(parked, errc::closed);
    EXPECT_EQ(mine, 3);
    EXPECT_FALSE(tx.is_open());
    EXPECT_FALSE(tx.try_send(4));
    EXPECT_EQ(take_all(rx), (ints{1, 2}));
    EXPECT_TRUE(rx.try_next().is_end());
}

TEST_F(channel_close_test, the_last_sender_gone_is_the_end) {
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    auto rx = std::move(ends.rx);
    std::optional tx(std::move(ends.tx));
    std::optional other(*tx);
    fill(*tx, {1});
    tx.reset();
    ASSERT_EQ(take_one(rx), 1);
    received<int> got;
    rx.async_next(into(got));
    run();
    ASSERT_FALSE(got.done) << "there is another sender";

    other.reset();
    run();

    EXPECT_TRUE(got.ended());
}

TEST_F(channel_close_test, the_last_receiver_gone_tells_senders_and_gives_every_item_back) {
    std::vector<int> undelivered;
    auto ends = make_channel<int>(
        ctx.get_executor(),
        {.capacity = 2, .on_undelivered = [&](int&& item) { undelivered.push_back(item); }});
    auto tx = std::move(ends.tx);
    std::optional rx(std::move(ends.rx));
    fill(tx, {1, 2});
    int mine = 3;
    code by_reference, by_value;
    tx.async_send(std::ref(mine), into(by_reference));
    tx.async_send(4, into(by_value));

    rx.reset();
    EXPECT_EQ(undelivered, (ints{1, 2})) << "what was accepted";
    run();

    EXPECT_EQ(by_reference, errc::closed);
    EXPECT_EQ(by_value, errc::closed);
    EXPECT_EQ(mine, 3);
    EXPECT_EQ(undelivered, (ints{1, 2, 4}));
    EXPECT_FALSE(tx.is_open());
    EXPECT_EQ(tx.stats().undelivered, 2u);
}

TEST_F(channel_close_test, the_last_receiver_gone_gives_back_the_rest_of_its_batch) {
    std::vector<int> undelivered;
    auto ends = make_channel<int>(
        ctx.get_executor(),
        {.capacity = 4, .on_undelivered = [&](int&& item) { undelivered.push_back(item); }});
    std::optional rx(std::move(ends.rx));
    fill(ends.tx, {1, 2, 3, 4});
    ASSERT_EQ(take_one(*rx), 1);

    rx.reset();

    EXPECT_EQ(undelivered, (ints{2, 3, 4}));
}

} // namespace
} // namespace streamx::testing
