#include <streamx/channels/channel.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/on.hpp>

#include "support.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/strand.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace streamx::testing {
namespace {

using strand = asio::strand<asio::io_context::executor_type>;

struct channel_executors_test : channel_test {
    strand first{ctx.get_executor()};
    strand second{ctx.get_executor()};

    /// A handler of `void(error_code)` that says whether it ran on `on`.
    static auto runs_on(strand& on, std::optional<bool>& did) {
        return [&](error_code) { did = on.running_in_this_thread(); };
    }
};

TEST_F(channel_executors_test, one_executor_is_that_of_both_ends) {
    auto [tx, rx] = make_channel<int>(first, 1);
    std::optional<bool> sent, waited;

    tx.async_send(1, runs_on(first, sent));
    rx.async_wait(runs_on(first, waited));
    run();

    EXPECT_EQ(sent, true);
    EXPECT_EQ(waited, true);
    EXPECT_EQ(tx.get_executor(), rx.get_executor());
}

TEST_F(channel_executors_test, two_executors_are_one_for_each_end) {
    auto [tx, rx] = make_channel<int>(first, second, 1);
    std::optional<bool> sent, parked, waited, got;
    tx.async_send(1, runs_on(first, sent));
    tx.async_send(2, runs_on(first, parked));
    rx.async_wait(runs_on(second, waited));
    rx.async_next(
        [&](std::exception_ptr, std::optional<int>) { got = second.running_in_this_thread(); });
    run();

    EXPECT_EQ(sent, true);
    EXPECT_EQ(parked, true);
    EXPECT_EQ(waited, true);
    EXPECT_EQ(got, true);
}

TEST_F(channel_executors_test, an_end_can_be_given_another_one) {
    auto ends = make_channel<int>(ctx.get_executor(), 1);
    auto tx = std::move(ends.tx).on(first);
    auto rx = std::move(ends.rx) | on(second);
    std::optional<bool> sent, parked, waited, got;

    rx.async_wait(runs_on(second, waited));
    run();
    tx.async_send(1, runs_on(first, sent));
    tx.async_send(2, runs_on(first, parked));
    run();
    rx.async_next(
        [&](std::exception_ptr, std::optional<int>) { got = second.running_in_this_thread(); });
    run();

    EXPECT_EQ(sent, true);
    EXPECT_EQ(parked, true);
    EXPECT_EQ(waited, true);
    EXPECT_EQ(got, true);
    EXPECT_EQ(tx.get_executor(), asio::any_io_executor(first));
}

TEST_F(channel_executors_test, a_copy_keeps_the_executor_of_its_original) {
    auto [tx, rx] = make_channel<int>(first, second, 1);
    auto tx2 = tx;
    auto rx2 = rx;

    EXPECT_EQ(tx2.get_executor(), asio::any_io_executor(first));
    EXPECT_EQ(rx2.get_executor(), asio::any_io_executor(second));
    EXPECT_EQ(tx.weak().lock()->get_executor(), asio::any_io_executor(first));
}

TEST_F(channel_executors_test, the_handlers_own_executor_goes_before_that_of_the_end) {
    auto [tx, rx] = make_channel<int>(first, second, 1);
    strand third(ctx.get_executor());
    std::optional<bool> at_once, parked, closed, reserved;

    tx.async_send(1, asio::bind_executor(third, runs_on(third, at_once)));
    tx.async_send(2, asio::bind_executor(third, runs_on(third, parked)));
    tx.async_wait_closed(asio::bind_executor(third, runs_on(third, closed)));
    tx.async_reserve(asio::bind_executor(
        third, [&](error_code, permit<int>) { reserved = third.running_in_this_thread(); }));
    run();
    rx.close();
    run();

    EXPECT_EQ(at_once, true);
    EXPECT_EQ(parked, true);
    EXPECT_EQ(closed, true);
    EXPECT_EQ(reserved, true);
}

TEST_F(channel_executors_test, a_wait_keeps_its_context_running_and_no_other) {
    asio::io_context other;
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), other.get_executor(), 1);
    code waited;
    rx.async_wait(into(waited));

    other.poll();
    ctx.poll();
    EXPECT_FALSE(other.stopped());
    EXPECT_TRUE(ctx.stopped());

    fill(tx, {1});
    other.poll();
    EXPECT_EQ(waited, success);
    EXPECT_TRUE(other.stopped());
}

} // namespace
} // namespace streamx::testing
