#include <streamx/core/any_sink.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
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

struct any_sink_test : ::testing::Test {
    asio::io_context ctx;
    channel_ends<int, std::mutex> ends = make_channel<int>(ctx.get_executor(), 1);
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(any_sink_test, takes_an_item_or_leaves_it_untouched) {
    auto [tx, rx] = make_channel<std::unique_ptr<int>>(ctx.get_executor(), 1);
    any_sink<std::unique_ptr<int>> sink = std::move(tx);
    auto kept = std::make_unique<int>(2);

    EXPECT_TRUE(sink.try_send(std::make_unique<int>(1)));
    EXPECT_FALSE(sink.try_send(kept));

    EXPECT_EQ(*kept, 2);
    EXPECT_EQ(**rx.try_next(), 1);
}

TEST_F(any_sink_test, waits_for_room) {
    any_sink<int> sink = ends.tx;
    sink.try_send(1);
    completion_probe<> p;
    sink.async_wait(p.handler());
    run();
    EXPECT_EQ(p.calls(), 0);

    EXPECT_EQ(*ends.rx.try_next(), 1);
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_EQ(p->ec, error_code());
    EXPECT_TRUE(sink.try_send(2));
}

TEST_F(any_sink_test, a_wait_can_be_cancelled_with_each_type) {
    using enum asio::cancellation_type;
    any_sink<int> sink = ends.tx;
    sink.try_send(1);
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        asio::cancellation_signal cancel;
        completion_probe<> p;
        sink.async_wait(asio::bind_cancellation_slot(cancel.slot(), p.handler()));

        cancel.emit(how);
        run();

        EXPECT_EQ(p->ec, asio::error::operation_aborted);
    }
}

TEST_F(any_sink_test, a_wait_is_told_when_it_never_will_succeed) {
    any_sink<int> sink = ends.tx;
    ends.rx.close();
    completion_probe<> p;

    sink.async_wait(p.handler());
    run();

    EXPECT_EQ(p->ec, errc::closed);
}

TEST_F(any_sink_test, close_ends_the_stream_behind_it) {
    any_sink<int> sink = ends.tx;
    sink.try_send(1);
    sink.close();

    auto got = collect(ctx, ends.rx);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_TRUE(got.ended);
}

TEST_F(any_sink_test, close_with_a_failure_hands_it_over_as_it_is) {
    any_sink<int> sink = ends.tx;
    sink.close(std::make_exception_ptr(std::runtime_error("boom")));

    EXPECT_EQ(collect(ctx, ends.rx).what, "boom");
}

TEST_F(any_sink_test, is_one_sender_and_destroying_it_is_one_less) {
    auto sink = std::make_optional<any_sink<int>>(std::move(ends.tx));
    EXPECT_TRUE(ends.rx.is_open());

    sink.reset();

    EXPECT_FALSE(ends.rx.is_open());
}

TEST_F(any_sink_test, can_be_moved_and_runs_on_its_sinks_executor) {
    asio::io_context other;
    any_sink<int> first = std::move(ends.tx).on(other.get_executor());
    any_sink<int> sink = std::move(first);
    completion_probe<> p;
    sink.async_wait(p.handler());

    run();
    EXPECT_EQ(p.calls(), 0);
    other.poll();
    EXPECT_EQ(p.calls(), 1);
    EXPECT_EQ(sink.get_executor(), other.get_executor());
}

/// A sink that can but be tried and waited for.
struct plain_sink {
    using executor_type = sender<int>::executor_type;
    executor_type get_executor() const noexcept { return tx.get_executor(); }
    bool try_send(int& item) {
        if (item < 0)
            throw std::invalid_argument("negative");
        return tx.try_send(item);
    }
    template <class Token>
    auto async_wait(Token&& token) {
        return tx.async_wait(std::forward<Token>(token));
    }
    void close() { tx.close(); }
    void close(std::exception_ptr failure) { tx.close(std::move(failure)); }
    void undelivered(int&& item) { back->push_back(item); }

    sender<int> tx;
    std::vector<int>* back;
};

TEST_F(any_sink_test, sends_when_there_is_room) {
    std::vector<int> back;
    any_sink<int> sinks[] = {ends.tx, plain_sink{ends.tx, &back}};
    for (auto& sink : sinks) {
        sink.try_send(1);
        completion_probe<> p;
        sink.async_send(2, p.handler());
        run();
        EXPECT_EQ(p.calls(), 0);

        EXPECT_EQ(*ends.rx.try_next(), 1);
        run();

        EXPECT_EQ(p->ec, error_code());
        EXPECT_EQ(*ends.rx.try_next(), 2);
    }
    EXPECT_TRUE(back.empty());
}

TEST_F(any_sink_test, a_send_that_comes_to_nothing_gives_the_item_back) {
    std::vector<int> back;
    auto sink = std::make_optional<any_sink<int>>(plain_sink{ends.tx, &back});
    sink->try_send(1);
    completion_probe<> cancelled;
    asio::cancellation_signal cancel;
    sink->async_send(2, asio::bind_cancellation_slot(cancel.slot(), cancelled.handler()));
    cancel.emit(asio::cancellation_type::total);
    run();
    EXPECT_EQ(cancelled->ec, asio::error::operation_aborted);
    EXPECT_EQ(back, std::vector{2});

    completion_probe<> thrown;
    sink->async_send(-1, thrown.handler());
    EXPECT_EQ(*ends.rx.try_next(), 1);
    run();
    EXPECT_EQ(thrown->ec, to_error_code(std::make_exception_ptr(std::invalid_argument(""))));
    EXPECT_EQ(back, (std::vector{2, -1}));

    sink->try_send(3);
    completion_probe<> orphaned;
    sink->async_send(4, orphaned.handler());
    sink.reset();
    EXPECT_EQ(*ends.rx.try_next(), 3);
    run();
    EXPECT_EQ(orphaned->ec, asio::error::operation_aborted);
}

/// One that has an `async_send` of its own, which means more than to wait for room and to send.
struct confirming_sink : plain_sink {
    using waits_for_room = void;
    template <class Token>
    auto async_send(int, Token&&) {
        ++*confirmed;
    }
    int* confirmed;
};

TEST_F(any_sink_test, sends_by_waiting_for_room_to_a_sink_that_asks_for_it) {
    std::vector<int> back;
    int confirmed = 0;
    any_sink<int> sink = confirming_sink{{ends.tx, &back}, &confirmed};
    sink.try_send(1);
    completion_probe<> sent;
    sink.async_send(2, sent.handler());
    run();
    EXPECT_EQ(sent.calls(), 0);
    EXPECT_EQ(*ends.rx.try_next(), 1);
    run();
    EXPECT_EQ(sent->ec, error_code());

    completion_probe<> cancelled;
    asio::cancellation_signal cancel;
    sink.async_send(3, asio::bind_cancellation_slot(cancel.slot(), cancelled.handler()));
    cancel.emit(asio::cancellation_type::total);
    run();

    EXPECT_EQ(cancelled->ec, asio::error::operation_aborted);
    EXPECT_EQ(back, std::vector{3});
    EXPECT_EQ(*ends.rx.try_next(), 2);
    EXPECT_EQ(confirmed, 0);
}

TEST_F(any_sink_test, a_send_that_waits_is_work_where_its_handler_runs_and_no_longer) {
    std::vector<int> back;
    int confirmed = 0;
    any_sink<int> sinks[] = {
        ends.tx, plain_sink{ends.tx, &back}, confirming_sink{{ends.tx, &back}, &confirmed}};
    for (auto& sink : sinks) {
        asio::io_context handlers;
        sink.try_send(1);
        completion_probe<> p;
        sink.async_send(2, asio::bind_executor(handlers.get_executor(), p.handler()));
        run();
        handlers.poll();
        EXPECT_FALSE(handlers.stopped());

        EXPECT_EQ(*ends.rx.try_next(), 1);
        for (int i = 0; i != 4; ++i) {
            run();
            handlers.poll();
        }

        EXPECT_EQ(p.calls(), 1);
        EXPECT_TRUE(handlers.stopped());
        EXPECT_TRUE(ctx.stopped());
        EXPECT_EQ(*ends.rx.try_next(), 2);
    }
}

} // namespace
} // namespace streamx::testing
