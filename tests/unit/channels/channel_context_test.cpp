#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace streamx::testing {
namespace {

/// A channel between two contexts, either of which may go.
struct channel_context_test : ::testing::Test {
    std::optional<asio::io_context> senders{std::in_place};
    std::optional<asio::io_context> receivers{std::in_place};

    template <class T>
    auto make(std::size_t capacity) {
        return make_channel<T>(
            senders->get_executor(),
            receivers->get_executor(),
            {.capacity = capacity,
             .on_undelivered = [this](T&& item) { undelivered.push_back(std::move(item)); }});
    }

    ints undelivered;
};

/// Something that tells when it is destroyed.
struct token_of_life {
    explicit token_of_life(bool& d) : dead(&d) {}
    token_of_life(token_of_life&& other) noexcept : dead(std::exchange(other.dead, nullptr)) {}
    ~token_of_life() {
        if (dead)
            *dead = true;
    }
    bool* dead;
};

asio::awaitable<void> send_for_ever(sender<int> tx) {
    for (int item = 0;; ++item)
        co_await tx.send(item);
}

asio::awaitable<void> receive_for_ever(receiver<int> rx) {
    for (;;) {
        auto item = co_await rx.next();
        if (!item)
            break;
    }
}

TEST_F(
    channel_context_test, destroyed_with_a_parked_producer_the_receiver_gets_the_rest_and_the_end) {
    auto ends = make<int>(2);
    auto rx = std::move(ends.rx);
    asio::co_spawn(*senders, send_for_ever(std::move(ends.tx)), asio::detached);
    senders->poll();
    ASSERT_EQ(rx.size(), 2u);

    senders.reset();

    received<int> got[3];
    for (auto& one : got) {
        rx.async_next(into(one));
        receivers->restart();
        receivers->poll();
    }
    EXPECT_EQ(got[0].item, 0);
    EXPECT_EQ(got[1].item, 1);
    EXPECT_TRUE(got[2].ended());
    EXPECT_EQ(undelivered, (ints{2})) << "the item that was parked";
}

TEST_F(channel_context_test, destroyed_with_its_producer_a_waiting_receiver_is_told) {
    auto ends = make<int>(2);
    auto rx = std::move(ends.rx);
    auto hold = [](sender<int> tx) -> asio::awaitable<void> {
        co_await tx.async_wait_closed(asio::use_awaitable);
    };
    asio::co_spawn(*senders, hold(std::move(ends.tx)), asio::detached);
    senders->poll();
    received<int> got;
    rx.async_next(into(got));
    receivers->poll();
    ASSERT_FALSE(got.done);

    senders.reset();
    receivers->restart();
    receivers->poll();

    EXPECT_TRUE(got.ended());
}

TEST_F(channel_context_test, destroyed_with_its_consumer_a_parked_sender_is_told) {
    auto ends = make<int>(1);
    auto tx = std::move(ends.tx);
    asio::co_spawn(*receivers, receive_for_ever(std::move(ends.rx)), asio::detached);
    receivers->poll(); // it waits
    fill(tx, {1});     // wakes it
    int mine = 2;
    code sent;
    tx.async_send(std::ref(mine), into(sent));

    receivers.reset();
    senders->poll();

    EXPECT_EQ(sent, errc::closed);
    EXPECT_EQ(mine, 2);
    EXPECT_EQ(undelivered, (ints{1}));
}

TEST_F(channel_context_test, destroyed_with_everything_in_it_nothing_is_left) {
    bool dead[3] = {};
    auto ends = make<int>(1);
    fill(ends.tx, {1});
    auto empty = make<int>(1);
    auto holds = [](bool& d) {
        return [life = token_of_life(d)](auto&&...) { FAIL() << "its context is gone"; };
    };
    ends.tx.async_send(2, holds(dead[0]));
    empty.rx.async_next(holds(dead[1]));
    ends.rx.async_wait_closed(holds(dead[2]));
    senders->poll();
    receivers->poll();

    senders.reset();
    receivers.reset();

    EXPECT_TRUE(dead[0]);
    EXPECT_TRUE(dead[1]);
    EXPECT_TRUE(dead[2]);
    EXPECT_EQ(undelivered, (ints{2}));
}

TEST_F(channel_context_test, destroyed_with_a_parked_send_those_of_the_other_context_go_on) {
    auto ends = make<int>(1);
    auto other = sender<int>(ends.tx).on(receivers->get_executor());
    fill(ends.tx, {1});
    code behind;
    ends.tx.async_send(2, [](error_code) { FAIL() << "its context is gone"; });
    other.async_send(3, into(behind));

    senders.reset();
    EXPECT_EQ(take_all(ends.rx), (ints{1, 3}));
    receivers->poll();

    EXPECT_EQ(behind, success);
    EXPECT_EQ(undelivered, (ints{2}));
}

TEST_F(channel_context_test, destroyed_with_a_woken_sender_its_turn_goes_to_the_next) {
    auto ends = make<int>(1);
    auto other = sender<int>(ends.tx).on(receivers->get_executor());
    fill(ends.tx, {1});
    code behind;
    ends.tx.async_wait([](error_code) { FAIL() << "its context is gone"; });
    other.async_send(2, into(behind));
    ASSERT_EQ(take_one(ends.rx), 1); // wakes the first

    senders.reset();
    receivers->poll();

    EXPECT_EQ(behind, success);
}

TEST_F(channel_context_test, destroyed_with_a_woken_receiver_the_item_goes_to_the_next) {
    auto ends = make<int>(1);
    auto here = ends.rx;
    received<int> got;
    ends.rx.async_wait([](error_code) { FAIL() << "its context is gone"; });
    here.async_next(asio::bind_executor(senders->get_executor(), into(got)));
    senders->poll();
    fill(ends.tx, {1}); // wakes the first

    receivers.reset();
    senders->restart();
    senders->poll();

    EXPECT_EQ(got.item, 1);
}

TEST_F(channel_context_test, one_context_destroyed_with_both_ends_parked_in_it_nothing_leaks) {
    auto [tx, rx] = make_channel<int>(senders->get_executor(), 1);
    auto [tx2, rx2] = make_channel<int>(senders->get_executor(), 1);
    asio::co_spawn(*senders, send_for_ever(std::move(tx)), asio::detached);
    asio::co_spawn(*senders, receive_for_ever(std::move(rx2)), asio::detached);
    senders->poll();
    ASSERT_EQ(rx.size(), 1u);

    senders.reset();

    EXPECT_EQ(take_all(rx), (ints{0}));
    EXPECT_TRUE(rx.try_next().is_end());
    EXPECT_FALSE(tx2.try_send(1));
}

TEST_F(channel_context_test, a_cancellation_after_the_context_has_gone_finds_nothing) {
    asio::cancellation_signal cancel;
    auto ends = make<int>(1);
    code waited;
    ends.rx.async_wait(into(waited, cancel));

    receivers.reset();
    cancel.emit(asio::cancellation_type::total);

    EXPECT_FALSE(waited);
    EXPECT_TRUE(ends.tx.try_send(1));
    EXPECT_EQ(take_one(ends.rx), 1);
}

} // namespace
} // namespace streamx::testing
