#include <streamx/channels/permit.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/error.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace streamx::testing {
namespace {

struct permit_test : channel_test {
    /// Keeps a slot; expects that there is one now.
    template <class Sender>
    permit<typename Sender::value_type> reserve(Sender& tx) {
        permit<typename Sender::value_type> kept;
        code result;
        tx.async_reserve([&](error_code ec, permit<typename Sender::value_type> p) {
            result = ec;
            kept = std::move(p);
        });
        EXPECT_FALSE(result) << "completed inside the call";
        run();
        EXPECT_EQ(result, success);
        EXPECT_TRUE(kept);
        return kept;
    }
};

TEST_F(permit_test, costs_exactly_one_slot_and_other_senders_go_on) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 3);
    auto kept = reserve(tx);

    fill(tx, {1, 2});
    EXPECT_FALSE(tx.try_send(90));
    int item = 3;
    EXPECT_TRUE(kept.send(item));

    EXPECT_FALSE(kept) << "it is used";
    EXPECT_FALSE(tx.try_send(91));
    EXPECT_EQ(take_all(rx), (ints{1, 2, 3}));
}

TEST_F(permit_test, given_up_it_gives_the_slot_to_who_waits) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    std::optional kept(reserve(tx));
    code parked;
    tx.async_send(1, into(parked));
    run();
    ASSERT_FALSE(parked);

    kept.reset();
    run();

    EXPECT_EQ(parked, success);
    EXPECT_EQ(take_all(rx), (ints{1}));
}

TEST_F(permit_test, waits_its_turn_among_the_senders) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    code before, behind;
    permit<int> kept;
    tx.async_send(2, into(before));
    tx.async_reserve([&](error_code, permit<int> p) { kept = std::move(p); });
    tx.async_send(4, into(behind));

    EXPECT_EQ(take_one(rx), 1);
    run();
    EXPECT_EQ(before, success);
    EXPECT_FALSE(kept);
    EXPECT_EQ(take_one(rx), 2);
    run();

    ASSERT_TRUE(kept);
    EXPECT_FALSE(behind);
    EXPECT_FALSE(tx.try_send(90));
    EXPECT_TRUE(kept.send(3));
    EXPECT_EQ(take_all(rx), (ints{3, 4}));
}

TEST_F(permit_test, after_a_close_it_fails_and_leaves_the_item_untouched) {
    auto [tx, rx] = make_channel<std::unique_ptr<int>>(ctx.get_executor(), 1);
    auto kept = reserve(tx);
    auto item = std::make_unique<int>(7);

    rx.close();

    EXPECT_FALSE(kept.send(item));
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(*item, 7);
    EXPECT_TRUE(rx.try_next().is_end());
}

TEST_F(permit_test, keeps_the_channel_from_ending_until_it_is_used) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    std::optional tx(std::move(ends.tx));
    auto kept = reserve(*tx);

    tx.reset();
    EXPECT_TRUE(ends.rx.try_next().is_pending());
    EXPECT_TRUE(kept.send(1));

    EXPECT_EQ(take_one(ends.rx), 1);
    EXPECT_TRUE(ends.rx.try_next().is_end());
}

TEST_F(permit_test, keeps_the_channel_from_ending_until_it_is_given_up) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    std::optional tx(std::move(ends.tx));
    std::optional kept(reserve(*tx));
    tx.reset();
    received<int> got;
    ends.rx.async_next(into(got));
    run();
    ASSERT_FALSE(got.done);

    kept.reset();
    run();

    EXPECT_TRUE(got.ended());
}

TEST_F(permit_test, moved_it_is_one_permit_still) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 2);
    auto first = reserve(tx);
    auto second = reserve(tx);

    first = std::move(second); // gives up the first
    EXPECT_TRUE(tx.try_send(1));
    EXPECT_FALSE(tx.try_send(90));
    auto moved = std::move(first);
    EXPECT_TRUE(moved.send(2));

    EXPECT_EQ(take_all(rx), (ints{1, 2}));
}

TEST_F(permit_test, a_cancelled_reservation_keeps_no_slot) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    asio::cancellation_signal cancel;
    code result;
    bool kept = true;
    tx.async_reserve(asio::bind_cancellation_slot(cancel.slot(), [&](error_code ec, permit<int> p) {
        result = ec;
        kept = bool(p);
    }));

    cancel.emit(asio::cancellation_type::partial);
    run();

    EXPECT_EQ(result, asio::error::operation_aborted);
    EXPECT_FALSE(kept);
    EXPECT_EQ(take_one(rx), 1);
    EXPECT_TRUE(tx.try_send(2));
}

TEST_F(permit_test, a_reservation_in_a_closed_channel_gets_none) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    rx.close();
    code result;
    tx.async_reserve([&](error_code ec, permit<int> p) {
        result = ec;
        EXPECT_FALSE(p);
    });
    run();

    EXPECT_EQ(result, errc::closed);
}

TEST_F(permit_test, one_that_its_handler_throws_away_gives_the_slot_back) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    tx.async_reserve([](error_code, permit<int>) {});
    EXPECT_FALSE(tx.try_send(90));
    run();

    EXPECT_TRUE(tx.try_send(1));
}

TEST_F(permit_test, a_granted_one_that_never_arrives_gives_the_slot_back) {
    std::optional<asio::io_context> senders(std::in_place);
    auto [tx, rx] = make_channel<int>(senders->get_executor(), ctx.get_executor(), 1);
    tx.async_reserve([](error_code, permit<int>) { FAIL() << "its context is gone"; });

    senders.reset();

    EXPECT_TRUE(tx.try_send(1));
    EXPECT_FALSE(tx.try_send(2));
}

TEST_F(permit_test, a_send_that_never_completes_after_a_reservation_frees_no_slot_of_anyone) {
    std::optional<asio::io_context> senders(std::in_place);
    auto [tx, rx] = make_channel<int>(senders->get_executor(), ctx.get_executor(), 2);
    tx.async_reserve([](error_code, permit<int>) {});
    senders->poll();
    tx.async_send(1, [](error_code) {});

    senders.reset();

    EXPECT_TRUE(tx.try_send(2));
    EXPECT_FALSE(tx.try_send(3));
    EXPECT_EQ(take_all(rx), (ints{1, 2}));
}

} // namespace
} // namespace streamx::testing
