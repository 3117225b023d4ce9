#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include "support.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

namespace streamx::testing {
namespace {

struct local_channel_test : channel_test {};

TEST_F(local_channel_test, is_as_strict_as_its_capacity) {
    auto [tx, rx] = make_local_channel<int>(ctx.get_executor(), 2);
    fill(tx, {1, 2});
    EXPECT_FALSE(tx.try_send(90));

    EXPECT_EQ(take_one(rx), 1);

    EXPECT_TRUE(tx.try_send(3));
    EXPECT_FALSE(tx.try_send(90));
    EXPECT_EQ(take_all(rx), (ints{2, 3}));
}

TEST_F(local_channel_test, passes_items_between_two_coroutines_in_order_and_ends) {
    for (std::size_t capacity : {0, 1, 3, 64}) {
        SCOPED_TRACE(capacity);
        auto ends = make_local_channel<int>(ctx.get_executor(), capacity);
        ints got;
        auto produce = [](local_sender<int> out) -> asio::awaitable<void> {
            for (int item = 0; item < 500; ++item)
                co_await out.send(item);
        };
        auto consume = [](local_receiver<int> in, ints& items) -> asio::awaitable<void> {
            for (;;) {
                auto item = co_await in.next();
                if (!item)
                    break;
                items.push_back(*item);
            }
            items.push_back(-1);
        };
        asio::co_spawn(ctx, produce(std::move(ends.tx)), asio::detached);
        asio::co_spawn(ctx, consume(std::move(ends.rx), got), asio::detached);
        run();

        ASSERT_EQ(got.size(), 501u);
        for (int n = 0; n < 500; ++n)
            ASSERT_EQ(got[n], n);
        EXPECT_EQ(got.back(), -1);
    }
}

TEST_F(local_channel_test, parks_and_cancels_and_closes_like_the_other) {
    auto [tx, rx] = make_local_channel<int>(ctx.get_executor(), 1);
    fill(tx, {1});
    int mine = 2;
    asio::cancellation_signal cancel;
    code cancelled, sent, closed;
    tx.async_send(std::ref(mine), into(cancelled, cancel));
    tx.async_send(3, into(sent));
    tx.async_send(4, into(closed));

    cancel.emit(asio::cancellation_type::total);
    run();
    EXPECT_EQ(cancelled, asio::error::operation_aborted);
    EXPECT_EQ(take_one(rx), 1);
    run();
    EXPECT_EQ(sent, success);
    tx.close(asio::error::eof);
    run();
    EXPECT_EQ(closed, errc::closed);

    received<int> last, failure, end;
    for (auto* one : {&last, &failure, &end}) {
        rx.async_next(into(*one));
        run();
    }
    EXPECT_EQ(last.item, 3);
    EXPECT_EQ(failure.ec(), asio::error::eof);
    EXPECT_TRUE(end.ended());
}

TEST_F(local_channel_test, has_permits_copies_weak_senders_and_policies) {
    ints undelivered;
    auto ends = make_local_channel<int>(
        ctx.get_executor(),
        {.capacity = 2, .overflow = overflow::drop_oldest, .on_undelivered = [&](int&& item) {
             undelivered.push_back(item);
         }});
    auto copy = ends.tx;
    auto weak = copy.weak();
    ASSERT_TRUE(weak.lock());
    permit<int, detail::null_lock> kept;
    copy.async_reserve([&](error_code, permit<int, detail::null_lock> p) { kept = std::move(p); });
    run();
    ASSERT_TRUE(kept);

    fill(copy, {1, 2});
    EXPECT_TRUE(kept.send(3));
    auto other = ends.rx;

    EXPECT_EQ(undelivered, (ints{1}));
    EXPECT_EQ(take_one(other), 2);
    EXPECT_EQ(take_one(ends.rx), 3);
    EXPECT_EQ(copy.stats().dropped, 1u);
}

TEST_F(local_channel_test, destroyed_ends_tell_who_waits) {
    auto ends = make_local_channel<int>(ctx.get_executor(), 1);
    std::optional rx(std::move(ends.rx));
    received<int> got;
    rx->async_next(into(got));
    run();
    rx.reset();
    run();
    EXPECT_EQ(got.ec(), asio::error::operation_aborted);

    code sent;
    ends.tx.async_send(1, into(sent));
    run();
    EXPECT_EQ(sent, errc::closed);
}

} // namespace
} // namespace streamx::testing
