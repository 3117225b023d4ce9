#include <streamx/channels/broadcast.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <streamx/channels/memory_budget.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct broadcast_patience_test : channel_test {
    virtual_clock clock{ctx};
    broadcast<int> b{ctx.get_executor()};
    code sent;

    void put(int item) {
        sent.reset();
        b.async_put(item, into(sent));
        clock.run_for(0s);
    }
};

TEST_F(broadcast_patience_test, who_does_not_ask_in_time_drops_the_oldest_from_then_on) {
    auto all = b.subscribe({.capacity = 9});
    auto slow = b.subscribe({.patience = 2s});
    put(1);
    clock.run_for(1999ms);
    EXPECT_FALSE(sent);
    EXPECT_EQ(slow.stats().policy, overflow::wait);
    clock.run_for(1ms);

    EXPECT_EQ(sent, success);
    EXPECT_EQ(slow.stats().policy, overflow::drop_oldest);
    put_all(b, {2, 3});
    EXPECT_EQ(take_all(slow), (ints{3}));
    EXPECT_EQ(slow.missed(), 2u);
    EXPECT_EQ(take_all(all), (ints{1, 2, 3}));
}

TEST_F(broadcast_patience_test, who_was_cut_off_does_not_ask_for_others) {
    auto slow = b.subscribe();
    auto gone = b.subscribe({.patience = 1s, .then = overflow::disconnect});
    code sent[3];
    for (int item : {0, 1, 2})
        b.async_put(item, into(sent[item]));
    received<int> got;
    slow.async_next(into(got));
    clock.run_for(1s);
    EXPECT_EQ(got.item, 0) << "nobody waits for the other any more";

    EXPECT_TRUE(gone.try_next().is_end());
    clock.run_for(0s);

    EXPECT_FALSE(sent[1]);
    EXPECT_EQ(slow.lag(), 0u);
    EXPECT_EQ(take_all(slow), (ints{1, 2}));
}

TEST_F(broadcast_patience_test, who_is_full_for_too_long_keeps_its_capacity) {
    ints dropped;
    auto slow = b.subscribe(
        {.capacity = 2,
         .patience = 2s,
         .then = overflow::drop_oldest,
         .on_undelivered = [&](int&& item) { dropped.push_back(item); }});
    put_all(b, {1, 2});
    put(3);
    clock.run_for(2s);

    EXPECT_EQ(sent, success);
    EXPECT_EQ(dropped, (ints{1}));
    put_all(b, {4});
    EXPECT_EQ(take_all(slow), (ints{3, 4}));
}

TEST_F(broadcast_patience_test, with_a_newcomer_it_begins_when_that_comes) {
    auto stuck = b.subscribe();
    put(1);
    clock.run_for(10s);
    auto patient = b.subscribe({.patience = 5s});
    auto impatient = b.subscribe({.patience = 2s});
    clock.run_for(1999ms);
    EXPECT_EQ(impatient.stats().policy, overflow::wait);
    clock.run_for(1ms);
    EXPECT_EQ(impatient.stats().policy, overflow::drop_oldest);
    clock.run_for(2999ms);
    EXPECT_EQ(patient.stats().policy, overflow::wait);
    clock.run_for(1ms);
    EXPECT_EQ(patient.stats().policy, overflow::drop_oldest);
    EXPECT_FALSE(sent) << "the first is still waited for";
}

TEST_F(broadcast_patience_test, it_can_keep_what_it_has) {
    auto slow = b.subscribe({.capacity = 2, .patience = 2s, .then = overflow::drop_newest});
    put_all(b, {1, 2});
    put(3);
    clock.run_for(2s);
    put_all(b, {4});

    EXPECT_EQ(sent, success);
    EXPECT_EQ(take_all(slow), (ints{1, 2}));
    EXPECT_EQ(slow.missed(), 2u);
}

TEST_F(broadcast_patience_test, it_can_be_cut_off) {
    ints left;
    auto all = b.subscribe({.capacity = 9});
    auto full = b.subscribe(
        {.capacity = 1,
         .patience = 1s,
         .then = overflow::disconnect,
         .on_undelivered = [&](int&& item) { left.push_back(item); }});
    auto idle = b.subscribe({.patience = 2s, .then = overflow::fail});
    received<int> got;
    idle.async_next(into(got));
    clock.run_for(0s);
    put_all(b, {1});
    put(2);
    clock.run_for(1s);

    EXPECT_FALSE(sent) << "the other has a second more";
    EXPECT_TRUE(full.try_next().is_end());
    EXPECT_EQ(left, (ints{1, 2}));
    EXPECT_EQ(b.subscriber_count(), 2u);
    clock.run_for(1s);
    EXPECT_EQ(sent, success);
    EXPECT_EQ(got.item, 1);
    EXPECT_EQ(collect(ctx, idle).ec, errc::full);
    EXPECT_EQ(take_all(all), (ints{1, 2}));
    EXPECT_EQ(b.stats().dropped, 3u);
}

TEST_F(broadcast_patience_test, each_put_has_the_whole_of_it) {
    auto slow = b.subscribe({.patience = 2s});
    for (int item : {1, 2, 3}) {
        put(item);
        clock.run_for(1999ms);
        EXPECT_EQ(take_one(slow), item);
        clock.run_for(0s);
        EXPECT_EQ(sent, success);
    }
    code second;
    put(4);
    b.async_put(5, into(second));
    clock.run_for(1s);
    EXPECT_EQ(take_one(slow), 4);
    clock.run_for(1999ms);
    EXPECT_FALSE(second);
    clock.run_for(1ms);
    EXPECT_EQ(second, success);
    EXPECT_EQ(slow.stats().policy, overflow::drop_oldest);
}

TEST_F(broadcast_patience_test, nobody_loses_it_while_no_put_waits) {
    auto slow = b.subscribe({.patience = 2s});
    asio::cancellation_signal stop;
    b.async_put(1, into(sent, stop));
    clock.run_for(1s);
    stop.emit(asio::cancellation_type::total);
    clock.run();
    EXPECT_EQ(clock.elapsed(), 1s) << "nothing keeps the context running";
    EXPECT_EQ(sent, asio::error::operation_aborted);
    put(2);
    clock.run_for(1s);
    b.close();
    clock.run();

    EXPECT_EQ(clock.elapsed(), 2s);
    EXPECT_EQ(sent, errc::closed);
    EXPECT_EQ(slow.stats().policy, overflow::wait);
}

TEST_F(broadcast_patience_test, who_has_it_need_not_be_the_one_that_is_waited_for) {
    auto stuck = b.subscribe();
    auto slow = b.subscribe({.capacity = 1, .patience = 2s});
    put(1);
    clock.run_for(1h);

    EXPECT_FALSE(sent);
    EXPECT_EQ(slow.stats().policy, overflow::wait) << "there is room with it";
    EXPECT_EQ(take_one(stuck), 1);
}

TEST_F(broadcast_patience_test, stats_tell_who_is_waited_for_and_for_how_long) {
    auto quick = b.subscribe({.capacity = 1, .name = "quick"});
    auto slow = b.subscribe({.name = "slow"});
    code second;
    put(1);
    b.async_put(2, into(second));
    clock.run_for(5s);

    EXPECT_EQ(b.stats().held_back_by, "slow");
    EXPECT_EQ(b.stats().held_for, 5s);
    EXPECT_EQ(b.stats().blocked_for, 10s) << "both puts together";
    EXPECT_TRUE(slow.stats().holds_back);
    EXPECT_EQ(slow.stats().held_for, 5s);
    EXPECT_FALSE(quick.stats().holds_back);

    EXPECT_EQ(take_one(slow), 1);
    clock.run_for(1s);
    EXPECT_EQ(b.stats().held_for, 1s) << "the second put is the first now";
    EXPECT_TRUE(quick.stats().holds_back);
    EXPECT_EQ(take_all(quick), (ints{1}));
    EXPECT_EQ(take_one(slow), 2);
    EXPECT_FALSE(b.stats().held_back);
    EXPECT_EQ(b.stats().blocked_for, 11s);
}

TEST_F(broadcast_patience_test, options_that_make_no_sense_are_refused) {
    EXPECT_THROW((void)b.subscribe({.patience = 0s}), std::invalid_argument);
    EXPECT_THROW((void)b.subscribe({.patience = -1s}), std::invalid_argument);
    EXPECT_THROW(
        (void)b.subscribe({.patience = 1s, .then = overflow::wait}), std::invalid_argument);
    EXPECT_THROW(
        (void)b.subscribe({.overflow = overflow::fail, .capacity = 1, .patience = 1s}),
        std::invalid_argument);
    EXPECT_EQ(b.subscriber_count(), 0u);
}

TEST(broadcast_patience_context_test, what_times_it_goes_with_its_context) {
    std::optional<asio::io_context> ctx(std::in_place);
    broadcast<int> b(ctx->get_executor());
    auto slow = b.subscribe({.patience = 1h});
    b.async_put(1, [](error_code) { FAIL(); });
    ctx->poll();

    ctx.reset();

    EXPECT_EQ(b.stats().puts_waiting, 0u);
}

TEST_F(broadcast_patience_test, ends_with_one_whose_wait_was_cancelled) {
    auto patient = b.subscribe({.patience = 2s});
    auto other = b.subscribe();
    asio::cancellation_signal stop;
    code cancelled, asked;
    patient.async_wait(asio::bind_cancellation_slot(stop.slot(), into(cancelled)));
    put(1);
    stop.emit(asio::cancellation_type::terminal);
    other.async_wait(into(asked));
    clock.run_for(2s);

    EXPECT_EQ(cancelled, asio::error::operation_aborted);
    EXPECT_EQ(sent, success);
    EXPECT_EQ(patient.stats().policy, overflow::drop_oldest);
}

TEST_F(broadcast_patience_test, ends_with_one_who_has_the_item_before) {
    auto patient = b.subscribe({.patience = 2s});
    auto other = b.subscribe();
    code asked, first, asked_again;
    patient.async_wait(into(asked));
    b.async_put(1, into(first));
    put(2);
    EXPECT_EQ(take_one(other), 1);
    other.async_wait(into(asked_again));
    clock.run_for(2s);

    EXPECT_EQ(first, success);
    EXPECT_EQ(sent, success);
}

TEST_F(broadcast_patience_test, ends_no_more_when_the_context_is_gone_that_times_it) {
    std::optional<asio::io_context> home(std::in_place);
    broadcast<int> outlives(home->get_executor());
    auto patient = outlives.subscribe({.patience = 1s});
    home.reset();
    outlives.async_put(1, asio::bind_executor(ctx, into(sent)));
    clock.run_for(2s);
    EXPECT_FALSE(sent);

    EXPECT_EQ(take_one(patient), 1);
    clock.run_for(0s);
    EXPECT_EQ(sent, success);

    code closed;
    outlives.async_close(1s, asio::bind_executor(ctx, into(closed)));
    clock.run_for(0s);
    EXPECT_EQ(closed, success);
}

TEST_F(broadcast_patience_test, what_it_is_too_late_for_weighs_nothing) {
    memory_budget budget(3);
    broadcast<int> weighed(ctx.get_executor(), {.budget = budget, .weight = [](const int&) {
                                                    return std::size_t(1);
                                                }});
    auto all = weighed.subscribe({.capacity = 9});
    auto slow = weighed.subscribe({.patience = 1s});
    for (int item = 0; item != 6; ++item) {
        code accepted;
        weighed.async_put(item, into(accepted));
        clock.run_for(1s);
        EXPECT_EQ(accepted, success) << item;
        EXPECT_EQ(take_one(all), item);
    }
    EXPECT_EQ(slow.lag(), 1u);
    EXPECT_LE(budget.used(), 3u);
}

} // namespace
} // namespace streamx::testing
