#include <streamx/terminals/forward_to.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/core/any_sink.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct forward_to_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    std::vector<int> undelivered;
    channel_ends<int, std::mutex> ends = make_channel<int>(
        ctx.get_executor(), channel_options<int>{.capacity = 2, .on_undelivered = [this](int&& i) {
                                                     undelivered.push_back(i);
                                                 }});

    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    script_source<int> five() { return upstream().item(1).item(2).item(3).item(4).item(5).end(); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(forward_to_test, puts_all_items_into_the_sink_suspended_while_it_is_full) {
    completion_probe<> p;
    forward_to(five(), std::move(ends.tx), p.handler());
    run();
    EXPECT_EQ(p.calls(), 0);
    EXPECT_EQ(seen.pulls(), 3U); // two in the channel, one held

    auto got = collect(ctx, ends.rx);

    EXPECT_EQ(got.items, (std::vector{1, 2, 3, 4, 5}));
    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->failure);
    EXPECT_EQ(undelivered, std::vector<int>());
}

TEST_F(forward_to_test, an_owned_sender_is_dropped_at_the_end_and_so_ends_the_stream) {
    forward_to(upstream().item(1).end(), std::move(ends.tx), completion_probe<>().handler());

    auto got = collect(ctx, ends.rx);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_TRUE(got.ended);
}

TEST_F(forward_to_test, a_borrowed_sender_is_left_open) {
    forward_to(upstream().item(1).end(), ends.tx, completion_probe<>().handler());

    auto got = collect(ctx, ends.rx);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_TRUE(got.hung);
    EXPECT_TRUE(ends.tx.is_open());
}

TEST_F(forward_to_test, a_failure_closes_an_owned_sink_with_the_exception_after_the_items) {
    completion_probe<> p;
    forward_to(
        upstream().item(1).fail(std::make_exception_ptr(std::runtime_error("boom"))),
        std::move(ends.tx),
        p.handler());

    auto got = collect(ctx, ends.rx);

    EXPECT_EQ(p->what, "boom");
    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.what, "boom");
}

TEST_F(forward_to_test, a_failure_leaves_a_borrowed_sink_open) {
    completion_probe<> p;
    forward_to(upstream().fail(asio::error::eof), ends.tx, p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_TRUE(ends.tx.is_open());
}

TEST_F(forward_to_test, fails_when_the_sink_takes_no_more_and_hands_the_held_item_back) {
    completion_probe<> p;
    forward_to(five(), std::move(ends.tx), p.handler());
    run();

    ends.rx.close();
    run();

    EXPECT_EQ(p->ec, errc::closed);
    EXPECT_EQ(undelivered, std::vector{3});
    EXPECT_EQ(collect(ctx, ends.rx).items, (std::vector{1, 2}));
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(forward_to_test, fails_at_the_first_item_for_a_sink_that_is_closed_already) {
    ends.rx.close();
    completion_probe<> p;
    forward_to(five(), ends.tx, p.handler());
    run();

    EXPECT_EQ(p->ec, errc::closed);
    EXPECT_EQ(seen.pulls(), 1U);
    EXPECT_EQ(undelivered, std::vector{1});
}

TEST_F(forward_to_test, cancelled_with_a_held_item_it_hands_that_back) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        undelivered.clear();
        auto s = five();
        asio::cancellation_signal cancel;
        completion_probe<> p;
        forward_to(s, ends.tx, asio::bind_cancellation_slot(cancel.slot(), p.handler()));
        run();

        cancel.emit(how);
        run();

        EXPECT_EQ(p->ec, asio::error::operation_aborted);
        EXPECT_EQ(undelivered, std::vector{3});
        EXPECT_EQ(*ends.rx.try_next(), 1);
        EXPECT_EQ(*ends.rx.try_next(), 2);
        EXPECT_TRUE(ends.rx.try_next().is_pending());
        EXPECT_EQ(*s.try_next(), 4);
    }
}

TEST_F(forward_to_test, cancelled_while_it_waits_for_an_item_it_leaves_both_as_they_are) {
    auto source = make_channel<int>(ctx.get_executor(), 2);
    asio::cancellation_signal cancel;
    completion_probe<> p;
    forward_to(source.rx, ends.tx, asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    run();

    source.tx.try_send(7);
    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_EQ(*source.rx.try_next(), 7);
    EXPECT_TRUE(ends.rx.try_next().is_pending());
}

TEST_F(forward_to_test, two_into_one_sink_take_turns_for_room) {
    completion_probe<> first;
    completion_probe<> second;
    forward_to(from_range(std::vector(50, 1)), sender<int>(ends.tx), first.handler());
    forward_to(from_range(std::vector(50, 2)), std::move(ends.tx), second.handler());

    auto got = collect(ctx, ends.rx);

    EXPECT_EQ(got.items.size(), 100U);
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(first.calls() + second.calls(), 2);
}

TEST_F(forward_to_test, any_sink_will_do) {
    completion_probe<> p;
    forward_to(five(), any_sink<int>(std::move(ends.tx)), p.handler());

    auto got = collect(ctx, ends.rx);

    EXPECT_EQ(got.items, (std::vector{1, 2, 3, 4, 5}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(p.calls(), 1);
}

TEST_F(forward_to_test, any_sink_hands_the_held_item_back_too) {
    asio::cancellation_signal cancel;
    forward_to(
        five(),
        any_sink<int>(std::move(ends.tx)),
        asio::bind_cancellation_slot(cancel.slot(), completion_probe<>().handler()));
    run();

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(undelivered, std::vector{3});
}

TEST_F(forward_to_test, a_borrowed_any_sink_hands_the_held_item_back) {
    asio::cancellation_signal cancel;
    any_sink<int> sink = std::move(ends.tx);
    completion_probe<> p;
    forward_to(five(), sink, asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    run();

    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_EQ(undelivered, std::vector{3});
}

TEST_F(forward_to_test, moves_move_only_items_through_a_rendezvous) {
    auto [tx, rx] = make_channel<std::unique_ptr<int>>(ctx.get_executor(), 0);
    std::vector<std::unique_ptr<int>> items;
    items.push_back(std::make_unique<int>(1));
    items.push_back(std::make_unique<int>(2));
    forward_to(from_range(std::move(items)), std::move(tx), completion_probe<>().handler());

    auto got = collect(ctx, rx);

    EXPECT_EQ(got.items.size(), 2U);
    EXPECT_TRUE(got.ended);
}

TEST_F(forward_to_test, a_sender_destroyed_under_it_aborts_it) {
    auto tx = std::make_optional(std::move(ends.tx));
    completion_probe<> p;
    forward_to(five(), *tx, p.handler());
    run();

    tx.reset();
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

} // namespace
} // namespace streamx::testing
