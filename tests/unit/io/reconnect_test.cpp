#include <streamx/io/reconnect.hpp>

#include <streamx/io/lines.hpp>

#include <unit/io/support.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::literals;

namespace streamx::testing {
namespace {

constexpr backoff exact{.initial = 1s, .max = 4s, .jitter = 0, .limit = 4, .seed = {}};

struct reconnect_test : connection_test {
    /// A connection, whose peer does what `next` says with it, or none.
    asio::awaitable<io::framed_stream<memory_stream, io::line_codec>> connection() {
        ++attempts;
        connect();
        if (!plan(attempts))
            throw boost::system::system_error(asio::error::connection_refused);
        co_return io::lines(take());
    }

    auto stream(const backoff& policy = exact) {
        return io::reconnect(
            ctx.get_executor(),
            policy,
            [this] { return connection(); },
            [this](std::exception_ptr why, std::optional<backoff::duration> wait) {
                lost.push_back((why ? what_of(why) : "ended") + (wait ? "" : ", given up"));
            });
    }

    std::function<bool(int)> plan;
    int attempts = 0;
    strings lost;
    virtual_clock clock{ctx};
};

TEST_F(reconnect_test, one_stream_over_connections_that_end_and_break) {
    plan = [this](int n) {
        say(std::to_string(n) + "a\n" + std::to_string(n) + "b\ncut");
        poll();
        if (n == 2)
            far->script().reset(); // before anything was read
        far.reset();
        return n != 3;
    };
    auto s = stream();
    EXPECT_EQ(attempts, 0) << "before anybody waits";
    strings items;
    for (int i = 0; i != 6; ++i)
        items.push_back(*next(clock, s).value.value());
    EXPECT_EQ(items, (strings{"1a", "1b", "cut", "4a", "4b", "cut"}));
    EXPECT_EQ(clock.elapsed(), 1s + 2s + 4s) << "an item begins a new count";
    ASSERT_EQ(lost.size(), 3u);
    EXPECT_EQ(lost[0], "ended");
    EXPECT_NE(lost[1].find("reset"), std::string::npos) << lost[1];
    EXPECT_NE(lost[2].find("refused"), std::string::npos) << lost[2];
}

TEST_F(reconnect_test, gives_up_with_the_last_failure) {
    plan = [](int) { return false; };
    const auto got = collect(clock, stream());
    EXPECT_EQ(got.ec, asio::error::connection_refused);
    EXPECT_EQ(attempts, 5);
    EXPECT_EQ(clock.elapsed(), 1s + 2s + 4s + 4s);
    EXPECT_NE(lost.back().find("given up"), std::string::npos);

    plan = [this](int) {
        far.reset();
        return true;
    };
    attempts = 0;
    EXPECT_TRUE(collect(clock, stream()).ended);
    EXPECT_EQ(attempts, 5);
}

TEST_F(reconnect_test, a_wait_that_is_given_up_leaves_its_place) {
    plan = [this](int n) {
        say("late\n");
        return n != 1;
    };
    auto s = stream();
    asio::cancellation_signal cancel;
    completion_probe<> p;
    s.async_wait(asio::bind_cancellation_slot(cancel.slot(), p.handler()));
    clock.run_for(500ms);
    cancel.emit(asio::cancellation_type::total);
    clock.run();
    EXPECT_EQ(p->ec, asio::error::operation_aborted);
    EXPECT_EQ(attempts, 1);
    EXPECT_EQ(*next(clock, s).value.value(), "late");
    EXPECT_EQ(attempts, 2);

    EXPECT_TRUE(s.try_next().is_pending());
    completion_probe<> dies;
    s.async_wait(dies.handler());
    {
        auto gone = std::move(s);
    }
    clock.run();
    EXPECT_EQ(dies->ec, asio::error::operation_aborted);
}

} // namespace
} // namespace streamx::testing
