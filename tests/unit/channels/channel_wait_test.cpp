#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/error.hpp>

#include <optional>
#include <stdexcept>

namespace streamx::testing {
namespace {

struct channel_wait_test : channel_test {};

TEST_F(channel_wait_test, completes_at_once_while_there_is_room) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    code waited;

    tx.async_wait(into(waited));
    EXPECT_FALSE(waited) << "completed inside the call";
    run();

    EXPECT_EQ(waited, success);
}

TEST_F(channel_wait_test, a_sender_that_waits_gets_the_room_that_comes) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    code waited;
    tx.async_wait(into(waited));
    run();
    ASSERT_FALSE(waited);

    EXPECT_EQ(take_one(rx), 1);
    run();

    EXPECT_EQ(waited, success);
    EXPECT_TRUE(tx.try_send(2));
}

TEST_F(channel_wait_test, a_sender_that_waits_keeps_its_place_among_parked_sends) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto waiting = tx;
    fill(tx, {1});
    code before, behind;
    bool got_in = false;
    tx.async_send(2, into(before));
    waiting.async_wait([&](error_code ec) {
        EXPECT_FALSE(ec);
        got_in = waiting.try_send(3);
    });
    tx.async_send(4, into(behind));

    ints got;
    while (auto item = rx.try_next()) {
        got.push_back(*item);
        run();
    }

    EXPECT_TRUE(got_in);
    EXPECT_EQ(got, (ints{1, 2, 3, 4}));
}

TEST_F(channel_wait_test, nobody_overtakes_a_sender_that_was_woken_and_has_not_had_its_turn) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto waiting = tx;
    fill(tx, {1});
    bool got_in = false;
    waiting.async_wait([&](error_code) { got_in = waiting.try_send(2); });
    EXPECT_EQ(take_one(rx), 1); // wakes it

    EXPECT_FALSE(tx.try_send(90));
    code later;
    tx.async_send(3, into(later));
    run();

    EXPECT_TRUE(got_in);
    EXPECT_FALSE(later);
    EXPECT_EQ(take_all(rx), (ints{2, 3}));
}

TEST_F(channel_wait_test, a_sender_that_lets_its_turn_pass_leaves_the_room_to_those_behind) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto waiting = tx;
    fill(tx, {1});
    code waited, behind;
    waiting.async_wait(into(waited));
    tx.async_send(2, into(behind));

    EXPECT_EQ(take_one(rx), 1);
    run();

    EXPECT_EQ(waited, success);
    EXPECT_EQ(behind, success);
    EXPECT_EQ(take_one(rx), 2);
}

TEST_F(channel_wait_test, a_handler_that_throws_does_not_keep_the_room_from_those_behind) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto waiting = tx;
    fill(tx, {1});
    code behind;
    waiting.async_wait([](error_code) { throw std::runtime_error("from the handler"); });
    tx.async_send(2, into(behind));

    EXPECT_EQ(take_one(rx), 1);
    EXPECT_THROW(run(), std::runtime_error);
    run();

    EXPECT_EQ(behind, success);
}

TEST_F(channel_wait_test, a_sender_destroyed_when_it_was_woken_leaves_the_room_to_those_behind) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    std::optional waiting(ends.tx);
    fill(ends.tx, {1});
    code waited, behind;
    waiting->async_wait(into(waited));
    ends.tx.async_send(2, into(behind));
    EXPECT_EQ(take_one(ends.rx), 1); // wakes it

    waiting.reset();
    run();

    EXPECT_TRUE(waited);
    EXPECT_EQ(behind, success);
}

TEST_F(channel_wait_test, a_sender_cancelled_when_it_was_woken_leaves_the_room_to_those_behind) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto waiting = tx;
    fill(tx, {1});
    asio::cancellation_signal cancel;
    code waited, behind;
    waiting.async_wait(into(waited, cancel));
    tx.async_send(2, into(behind));
    EXPECT_EQ(take_one(rx), 1); // wakes it

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_TRUE(waited);
    EXPECT_EQ(behind, success);
}

TEST_F(channel_wait_test, two_senders_that_try_and_wait_both_get_everything_in) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    struct producer {
        sender<int> tx;
        int next;
        int rounds = 0;
        void go(error_code ec = {}) {
            ASSERT_FALSE(ec);
            ASSERT_LT(++rounds, 1000) << "livelock";
            while (next < 200 && tx.try_send(next))
                next += 2;
            if (next < 200)
                tx.async_wait([this](error_code e) { go(e); });
        }
    };
    producer even{tx, 0};
    producer odd{tx, 1};
    even.go();
    odd.go();

    ints got;
    for (int n = 0; n < 1000 && got.size() < 200; ++n) {
        if (auto item = rx.try_next())
            got.push_back(*item);
        run();
    }

    ASSERT_EQ(got.size(), 200u);
    int seen[2] = {-2, -1};
    for (int item : got) {
        ASSERT_EQ(item, seen[item % 2] + 2) << "each producer's order";
        seen[item % 2] = item;
    }
    // They take turns: neither is ever far ahead.
    EXPECT_LT(even.rounds, 250);
    EXPECT_LT(odd.rounds, 250);
}

TEST_F(channel_wait_test, a_close_tells_senders_that_wait_and_that_will) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    code before, after;
    tx.async_wait(into(before));

    rx.close();
    tx.async_wait(into(after));
    run();

    EXPECT_EQ(before, errc::closed);
    EXPECT_EQ(after, errc::closed);
}

TEST_F(channel_wait_test, a_cancelled_wait_of_a_sender_lets_the_next_one_go_on) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    asio::cancellation_signal cancel;
    code waited, behind;
    tx.async_wait(into(waited, cancel));
    tx.async_send(2, into(behind));

    cancel.emit(asio::cancellation_type::partial);
    run();
    EXPECT_EQ(waited, asio::error::operation_aborted);
    EXPECT_EQ(take_one(rx), 1);
    run();

    EXPECT_EQ(behind, success);
}

} // namespace
} // namespace streamx::testing
