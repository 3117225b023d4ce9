#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>

#include <functional>
#include <mutex>
#include <utility>

namespace streamx::testing {
namespace {

struct rendezvous_test : channel_test {
    channel_ends<int, std::mutex> ends = make_channel<int>(ctx.get_executor(), 0);
    sender<int>& tx = ends.tx;
    receiver<int>& rx = ends.rx;
};

TEST_F(rendezvous_test, a_try_succeeds_only_while_a_receiver_waits) {
    EXPECT_FALSE(tx.try_send(1));
    received<int> got;
    rx.async_next(into(got));
    run();

    EXPECT_TRUE(tx.try_send(2));
    EXPECT_FALSE(tx.try_send(3));
    run();

    EXPECT_EQ(got.item, 2);
    EXPECT_FALSE(tx.try_send(4));
}

TEST_F(rendezvous_test, takes_as_many_as_receivers_wait) {
    auto other = rx;
    received<int> first, second;
    rx.async_next(into(first));
    other.async_next(into(second));
    run();

    EXPECT_TRUE(tx.try_send(1));
    EXPECT_TRUE(tx.try_send(2));
    EXPECT_FALSE(tx.try_send(3));
    run();

    EXPECT_EQ(first.item, 1);
    EXPECT_EQ(second.item, 2);
}

TEST_F(rendezvous_test, a_send_completes_when_a_waiting_receiver_takes_it) {
    code sent;
    tx.async_send(1, into(sent));
    run();
    EXPECT_FALSE(sent);
    EXPECT_EQ(rx.size(), 0u) << "nothing is accepted ahead";

    received<int> got;
    rx.async_next(into(got));
    run();

    EXPECT_EQ(sent, success);
    EXPECT_EQ(got.item, 1);
}

TEST_F(rendezvous_test, a_try_of_the_receiver_takes_from_a_sender_that_waits) {
    code first, second;
    tx.async_send(1, into(first));
    tx.async_send(2, into(second));

    EXPECT_EQ(take_one(rx), 1);
    run();

    EXPECT_EQ(first, success);
    EXPECT_FALSE(second);
    EXPECT_EQ(take_one(rx), 2);
    EXPECT_TRUE(rx.try_next().is_pending());
}

TEST_F(rendezvous_test, a_cancelled_receive_is_no_longer_somebody_to_send_to) {
    asio::cancellation_signal cancel;
    received<int> got;
    rx.async_next(into(got, cancel));
    run();

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(got.ec(), asio::error::operation_aborted);
    EXPECT_FALSE(tx.try_send(1));
}

TEST_F(rendezvous_test, an_item_sent_to_a_receiver_that_then_gives_up_is_not_lost) {
    asio::cancellation_signal cancel;
    received<int> got;
    rx.async_next(into(got, cancel));
    run();
    ASSERT_TRUE(tx.try_send(1));

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(got.item ? got.item : take_one(rx), 1);
}

TEST_F(rendezvous_test, a_cancelled_send_gives_the_item_back) {
    int mine = 1;
    asio::cancellation_signal cancel;
    code sent;
    tx.async_send(std::ref(mine), into(sent, cancel));

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(sent, asio::error::operation_aborted);
    EXPECT_TRUE(rx.try_next().is_pending());
}

TEST_F(rendezvous_test, a_sender_that_waits_for_a_receiver_is_told_of_one) {
    code waited;
    bool got_in = false;
    tx.async_wait([&](error_code ec) {
        waited = ec;
        got_in = tx.try_send(1);
    });
    run();
    ASSERT_FALSE(waited);

    received<int> got;
    rx.async_next(into(got));
    run();

    EXPECT_EQ(waited, success);
    EXPECT_TRUE(got_in);
    EXPECT_EQ(got.item, 1);
}

TEST_F(rendezvous_test, a_permit_comes_with_a_receiver) {
    permit<int> kept;
    tx.async_reserve([&](error_code, permit<int> p) { kept = std::move(p); });
    run();
    ASSERT_FALSE(kept);
    received<int> got;
    rx.async_next(into(got));
    run();
    ASSERT_TRUE(kept);

    EXPECT_FALSE(tx.try_send(90)) << "that receiver is spoken for";
    EXPECT_TRUE(kept.send(1));
    run();

    EXPECT_EQ(got.item, 1);
}

TEST_F(rendezvous_test, a_close_tells_a_parked_sender_and_ends_the_stream) {
    int mine = 1;
    code sent;
    tx.async_send(std::ref(mine), into(sent));

    rx.close();
    run();

    EXPECT_EQ(sent, errc::closed);
    EXPECT_TRUE(rx.try_next().is_end());
}

TEST_F(rendezvous_test, passes_a_thousand_items_between_two_coroutines) {
    ints got;
    auto produce = [](sender<int> out) -> asio::awaitable<void> {
        for (int item = 0; item < 1000; ++item)
            co_await out.send(item);
    };
    auto consume = [](receiver<int> in, ints& items) -> asio::awaitable<void> {
        for (;;) {
            auto item = co_await in.next();
            if (!item)
                break;
            items.push_back(*item);
        }
    };
    asio::co_spawn(ctx, consume(std::move(rx), got), asio::detached);
    asio::co_spawn(ctx, produce(std::move(tx)), asio::detached);
    run();

    ASSERT_EQ(got.size(), 1000u);
    EXPECT_EQ(got.back(), 999);
}

} // namespace
} // namespace streamx::testing
