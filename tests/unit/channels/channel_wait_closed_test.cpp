#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/error.hpp>

#include <optional>

namespace streamx::testing {
namespace {

struct channel_wait_closed_test : channel_test {};

TEST_F(channel_wait_closed_test, both_ends_hear_of_the_close_when_they_wait_for_it) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 4);
    code sender_side, receiver_side, cancelled, late;
    asio::cancellation_signal cancel;
    tx.async_wait_closed(into(sender_side));
    tx.async_wait_closed(into(cancelled, cancel));
    rx.async_wait_closed(into(receiver_side));
    fill(tx, {1});
    cancel.emit(asio::cancellation_type::total);
    run();
    EXPECT_FALSE(sender_side);
    EXPECT_FALSE(receiver_side);
    EXPECT_EQ(cancelled, asio::error::operation_aborted);

    rx.close();
    run();
    EXPECT_EQ(sender_side, success);
    EXPECT_EQ(receiver_side, success);

    tx.async_wait_closed(into(late));
    EXPECT_FALSE(late) << "completed inside the call";
    run();
    EXPECT_EQ(late, success);
}

TEST_F(channel_wait_closed_test, a_sender_hears_that_the_last_receiver_has_gone) {
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    std::optional rx(std::move(ends.rx));
    code closed;
    ends.tx.async_wait_closed(into(closed));

    rx.reset();
    run();

    EXPECT_EQ(closed, success);
}

TEST_F(channel_wait_closed_test, a_receiver_hears_that_the_last_sender_has_gone) {
    auto ends = make_channel<int>(ctx.get_executor(), 4);
    std::optional tx(std::move(ends.tx));
    code closed, waited;
    ends.rx.async_wait_closed(into(closed));
    ends.rx.async_wait(into(waited));

    tx.reset();
    run();

    EXPECT_EQ(closed, success);
    EXPECT_EQ(waited, success);
}

} // namespace
} // namespace streamx::testing
