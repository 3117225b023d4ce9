#include <streamx/channels/raw_channel.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/any_stream.hpp>
#include <streamx/core/async_sink.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

template <class Raw>
struct raw_channel_test : ::testing::Test {
    asio::io_context ctx;
    Raw raw{ctx, 2};

    void run() {
        ctx.restart();
        ctx.poll();
    }

    bool put(int i) { return raw.try_send(error_code(), i); }
    bool put_code(error_code ec) { return raw.try_send(ec, 0); }

    std::optional<int> get() {
        std::optional<int> got;
        raw.try_receive([&](error_code, int i) { got = i; });
        return got;
    }

    template <class Stream>
    completion_probe<> wait(Stream& s, asio::cancellation_slot slot = {}) {
        completion_probe<> p;
        p.start([&](auto handler) {
            s.async_wait(asio::bind_cancellation_slot(slot, std::move(handler)));
        });
        return p;
    }
};

using raw_kinds = ::testing::Types<
    asio::experimental::channel<void(error_code, int)>,
    asio::experimental::concurrent_channel<void(error_code, int)>>;
TYPED_TEST_SUITE(raw_channel_test, raw_kinds);

TYPED_TEST(raw_channel_test, gives_what_is_in_the_raw_channel_until_eof) {
    auto s = from_channel(this->raw);
    this->put(1);
    this->put_code(asio::error::eof);

    auto got = collect(this->ctx, std::move(s));

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_TRUE(got.ended);
}

TYPED_TEST(raw_channel_test, fails_with_any_other_code_of_a_message) {
    auto s = from_channel(this->raw);
    this->put(1);
    this->put_code(asio::error::connection_reset);

    auto got = collect(this->ctx, s);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::connection_reset);
    EXPECT_TRUE(collect(this->ctx, s).ended);
}

TYPED_TEST(raw_channel_test, ends_when_the_raw_channel_is_closed_before_or_during_a_wait) {
    auto s = from_channel(this->raw);
    auto waiting = this->wait(s);

    this->raw.close();
    this->run();

    EXPECT_EQ(waiting.calls(), 1);
    EXPECT_EQ(waiting->ec, error_code());
    EXPECT_TRUE(s.try_next().is_end());
    EXPECT_TRUE(from_channel(this->raw).try_next().is_end());
}

TYPED_TEST(raw_channel_test, a_wait_completes_when_an_item_comes_and_never_inside_a_call) {
    auto s = from_channel(this->raw);
    auto waiting = this->wait(s);
    this->run();
    EXPECT_EQ(waiting.calls(), 0);

    this->put(1);
    this->put(2);
    EXPECT_EQ(waiting.calls(), 0);
    this->run();

    EXPECT_EQ(waiting.calls(), 1);
    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_EQ(*s.try_next(), 2);
    EXPECT_TRUE(s.try_next().is_pending());
}

TYPED_TEST(raw_channel_test, a_wait_for_what_is_there_already_completes_later) {
    this->put(1);
    auto s = from_channel(this->raw);

    auto first = this->wait(s);
    this->run();
    auto second = this->wait(s);
    this->run();

    EXPECT_EQ(first.calls(), 1);
    EXPECT_FALSE(first->inside);
    EXPECT_EQ(second.calls(), 1);
    EXPECT_EQ(*s.try_next(), 1);
}

TYPED_TEST(raw_channel_test, a_cancelled_wait_leaves_the_raw_channel_as_it_was) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        asio::cancellation_signal cancel;
        auto s = from_channel(this->raw);
        auto waiting = this->wait(s, cancel.slot());

        cancel.emit(how);
        this->run();

        EXPECT_EQ(waiting->ec, asio::error::operation_aborted);
        EXPECT_TRUE(this->put(1));
        EXPECT_TRUE(this->put(2));
        EXPECT_EQ(*s.try_next(), 1);
        EXPECT_EQ(*s.try_next(), 2);
    }
}

TYPED_TEST(raw_channel_test, an_item_that_came_before_the_cancellation_is_kept) {
    asio::cancellation_signal cancel;
    auto s = from_channel(this->raw);
    auto waiting = this->wait(s, cancel.slot());

    this->put(1);
    cancel.emit(asio::cancellation_type::total);
    this->run();

    EXPECT_EQ(waiting.calls(), 1);
    EXPECT_EQ(*s.try_next(), 1);
}

TYPED_TEST(raw_channel_test, a_stream_destroyed_while_it_waits_leaves_the_raw_channel_usable) {
    auto s = std::make_optional(from_channel(this->raw));
    auto waiting = this->wait(*s);

    s.reset();
    this->run();

    EXPECT_EQ(waiting->ec, asio::error::operation_aborted);
    EXPECT_TRUE(this->put(1));
    EXPECT_EQ(this->get(), 1);
}

TYPED_TEST(raw_channel_test, a_stream_destroyed_while_it_waits_disturbs_no_other_receiver) {
    auto s = std::make_optional(from_channel(this->raw));
    auto waiting = this->wait(*s);
    completion_probe<int> other;
    this->raw.async_receive(other.handler());

    s.reset();
    this->put(1);
    this->run();

    EXPECT_EQ(other->ec, error_code());
    EXPECT_EQ(other->value, 1);
}

TYPED_TEST(raw_channel_test, a_second_wait_fails_and_does_not_disturb_the_first) {
    auto s = from_channel(this->raw);
    auto first = this->wait(s);
    auto second = this->wait(s);
    this->run();
    EXPECT_EQ(second->ec, errc::operation_in_progress);
    EXPECT_EQ(first.calls(), 0);

    this->put(1);
    this->run();

    EXPECT_EQ(first->ec, error_code());
    EXPECT_EQ(*s.try_next(), 1);
}

TYPED_TEST(raw_channel_test, a_wait_is_told_when_the_raw_channel_is_cancelled) {
    auto s = from_channel(this->raw);
    auto waiting = this->wait(s);

    this->raw.cancel();
    this->run();
    auto again = this->wait(s);
    this->put(1);
    this->run();

    EXPECT_EQ(waiting->ec, asio::error::operation_aborted);
    EXPECT_EQ(again->ec, error_code());
    EXPECT_EQ(*s.try_next(), 1);
}

TYPED_TEST(raw_channel_test, an_operation_that_owns_the_stream_may_outlive_the_raw_channel) {
    auto mortal = std::make_unique<TypeParam>(this->ctx, 2);
    completion_probe<std::optional<int>> p;
    auto s = std::make_unique<any_stream<int>>(from_channel(*mortal));
    s->async_next(p.handler());
    this->run();

    mortal.reset();
    s.reset();
    this->run();

    EXPECT_EQ(p->ec, asio::error::operation_aborted);
}

TYPED_TEST(raw_channel_test, a_message_that_waits_in_a_raw_send_is_taken_too) {
    TypeParam rendezvous(this->ctx);
    auto s = from_channel(rendezvous);
    completion_probe<> sent;
    rendezvous.async_send(error_code(), 7, sent.handler());

    auto got = next(this->ctx, s);

    EXPECT_EQ(**got.value, 7);
    EXPECT_EQ(sent->ec, error_code());
}

TYPED_TEST(raw_channel_test, moves_with_its_wait_and_lets_go_of_it_when_assigned_to) {
    auto s = from_channel(this->raw);
    auto waiting = this->wait(s);
    auto moved = std::move(s);

    moved = from_channel(this->raw);
    this->run();

    EXPECT_EQ(waiting->ec, asio::error::operation_aborted);
    EXPECT_TRUE(this->put(1));
    EXPECT_EQ(*moved.try_next(), 1);
    EXPECT_TRUE(s.try_next().is_end()); // NOLINT(bugprone-use-after-move)
}

TYPED_TEST(raw_channel_test, a_sink_holds_one_item_more_than_the_raw_channel) {
    auto sink = into_channel(this->raw);
    static_assert(async_sink<decltype(sink), int>);

    EXPECT_TRUE(sink.try_send(1));
    EXPECT_TRUE(sink.try_send(2));
    EXPECT_TRUE(sink.try_send(3));
    EXPECT_FALSE(sink.try_send(4));

    EXPECT_EQ(this->get(), 1);
    EXPECT_EQ(this->get(), 2);
    EXPECT_EQ(this->get(), 3);
    EXPECT_EQ(this->get(), std::nullopt);
}

TYPED_TEST(raw_channel_test, a_sink_waits_for_room) {
    auto sink = into_channel(this->raw);
    for (int i : {1, 2, 3})
        sink.try_send(i);
    auto waiting = this->wait(sink);
    this->run();
    EXPECT_EQ(waiting.calls(), 0);

    this->get();
    this->run();

    EXPECT_EQ(waiting.calls(), 1);
    EXPECT_EQ(waiting->ec, error_code());
    EXPECT_TRUE(sink.try_send(4));
}

TYPED_TEST(raw_channel_test, a_cancelled_wait_of_a_sink_takes_nothing_back) {
    asio::cancellation_signal cancel;
    auto sink = into_channel(this->raw);
    for (int i : {1, 2, 3})
        sink.try_send(i);
    auto waiting = this->wait(sink, cancel.slot());

    cancel.emit(asio::cancellation_type::total);
    this->run();

    EXPECT_EQ(waiting->ec, asio::error::operation_aborted);
    EXPECT_EQ(this->get(), 1);
    EXPECT_EQ(this->get(), 2);
    EXPECT_EQ(this->get(), 3);
}

TYPED_TEST(raw_channel_test, closing_a_sink_ends_the_stream_after_what_is_in_it_even_when_full) {
    auto sink = into_channel(this->raw);
    for (int i : {1, 2, 3})
        sink.try_send(i);
    auto waiting = this->wait(sink);

    sink.close();
    sink.close();
    auto got = collect(this->ctx, from_channel(this->raw));
    this->ctx.restart();
    this->ctx.poll();

    EXPECT_EQ(got.items, (std::vector{1, 2, 3}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(waiting->ec, errc::closed);
    EXPECT_FALSE(sink.try_send(4));
    EXPECT_EQ(this->get(), std::nullopt);
}

TYPED_TEST(raw_channel_test, closing_a_sink_with_a_failure_sends_its_error_code) {
    auto sink = into_channel(this->raw);

    sink.close(std::make_exception_ptr(std::invalid_argument("x")));
    auto got = collect(this->ctx, from_channel(this->raw));

    EXPECT_EQ(got.ec, boost::system::errc::invalid_argument);
}

TYPED_TEST(raw_channel_test, a_sink_refuses_when_the_raw_channel_is_closed_and_leaves_the_item) {
    auto sink = into_channel(this->raw);
    this->raw.close();
    int item = 5;

    EXPECT_FALSE(sink.try_send(item));
    auto waiting = this->wait(sink);
    this->run();

    EXPECT_EQ(item, 5);
    EXPECT_EQ(waiting->ec, errc::closed);
}

TYPED_TEST(raw_channel_test, a_destroyed_sink_leaves_all_that_it_has_taken_and_the_channel_open) {
    {
        auto sink = into_channel(this->raw);
        for (int i : {1, 2, 3})
            sink.try_send(i);
    }

    EXPECT_EQ(this->get(), 1);
    EXPECT_EQ(this->get(), 2);
    EXPECT_EQ(this->get(), 3);
    EXPECT_TRUE(this->put(4));
}

TYPED_TEST(raw_channel_test, whoever_waits_for_room_is_told_when_the_sink_or_the_channel_goes) {
    auto sink = std::make_optional(into_channel(this->raw));
    for (int i : {1, 2, 3})
        sink->try_send(i);
    auto first = this->wait(*sink);
    this->raw.cancel();
    this->run();
    EXPECT_EQ(first->ec, asio::error::operation_aborted);

    sink->try_send(4);
    auto second = this->wait(*sink);
    sink.reset();
    this->run();
    EXPECT_EQ(second->ec, asio::error::operation_aborted);
}

TYPED_TEST(raw_channel_test, coroutines_pass_items_from_a_sink_to_a_stream_in_order) {
    auto send = [this]() -> asio::awaitable<void> {
        auto sink = into_channel(this->raw);
        for (int i = 0; i != 100;) {
            if (sink.try_send(i))
                ++i;
            else
                co_await sink.async_wait(asio::use_awaitable);
        }
        sink.close();
    };
    asio::co_spawn(this->ctx, send, asio::detached);

    auto got = collect(this->ctx, from_channel(this->raw));

    EXPECT_EQ(got.items.size(), 100U);
    EXPECT_TRUE(std::is_sorted(got.items.begin(), got.items.end()));
    EXPECT_TRUE(got.ended);
}

TEST(raw_channel_items_test, may_be_movable_only) {
    asio::io_context ctx;
    asio::experimental::channel<void(error_code, std::unique_ptr<int>)> raw(ctx, 1);
    auto sink = into_channel(raw);
    auto s = from_channel(raw);
    sink.try_send(std::make_unique<int>(1));
    sink.try_send(std::make_unique<int>(2));
    auto refused = std::make_unique<int>(3);

    EXPECT_FALSE(sink.try_send(refused));
    EXPECT_EQ(*refused, 3);
    EXPECT_EQ(**s.try_next(), 1);
    EXPECT_EQ(**s.try_next(), 2);
}

} // namespace
} // namespace streamx::testing
