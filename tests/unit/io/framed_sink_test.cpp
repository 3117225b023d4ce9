#include <streamx/io/framed_sink.hpp>

#include <streamx/io/async_shutdown.hpp>
#include <streamx/io/bytes.hpp>
#include <streamx/io/framed.hpp>
#include <streamx/io/length_prefixed.hpp>
#include <streamx/io/lines.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/terminals/forward_to.hpp>

#include <unit/io/support.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::literals;

namespace streamx::testing {
namespace {

using sink = io::framed_sink<memory_stream, io::line_codec>;

static_assert(async_sink<sink, std::string>);

struct framed_sink_test : connection_test {
    sink lines(const io::endpoint_limits& limits = {}) { return io::lines_sink(take(), limits); }
    /// A sink that is full after one line, to a peer that takes nothing yet.
    sink full_lines(io::endpoint_limits limits = {}) {
        connect(0);
        limits.queued_bytes = 1;
        auto out = lines(limits);
        EXPECT_TRUE(out.try_send("first"));
        poll();
        EXPECT_FALSE(out.try_send("no"));
        return out;
    }
    void let_go() { near_script->capacity(1 << 20); }

    void connect(std::size_t capacity = 64 * 1024) {
        connection_test::connect(capacity);
        near_script.emplace(near->script());
    }

    template <class Start>
    static completion_probe<> started(Start start) {
        completion_probe<> p;
        p.start(start);
        return p;
    }

    std::optional<memory_script> near_script;
};

TEST_F(framed_sink_test, items_that_are_sent_together_are_written_together) {
    connect();
    auto out = lines();
    std::string expected;
    for (int i = 0; i != 100; ++i) {
        EXPECT_TRUE(out.try_send(std::to_string(i)));
        expected += std::to_string(i) + "\n";
    }
    EXPECT_EQ(out.queued_items(), 100u);
    EXPECT_EQ(out.queued_bytes(), expected.size());
    EXPECT_EQ(near_script->writes(), 0u) << "written inside the call";
    EXPECT_EQ(heard(), expected);
    EXPECT_EQ(near_script->writes(), 1u);
    EXPECT_EQ(out.queued_items(), 0u);
    EXPECT_EQ(out.queued_bytes(), 0u);
}

TEST_F(framed_sink_test, however_little_a_write_takes_there_is_only_one_at_a_time) {
    for (std::size_t n : {1u, 3u, 1000u}) {
        connect(7);
        near_script->write_at_most(n);
        std::string expected;
        {
            auto out = lines();
            for (int i = 0; i != 50; ++i) {
                const std::string item(static_cast<std::size_t>(i) * 20, 'x');
                expected += item + "\n";
                EXPECT_TRUE(i % 2 == 0 ? out.try_send(item) : out.try_send(std::string_view(item)));
            }
            poll();
        }
        EXPECT_EQ(heard(), expected);
        EXPECT_EQ(near_script->overlaps(), 0u);
        EXPECT_EQ(peer_saw, asio::error::eof);
    }
}

TEST_F(framed_sink_test, large_items_pass_in_their_place) {
    connect(1 << 24);
    auto out = io::bytes_sink(take());
    std::string expected;
    for (std::size_t size : {10u, 20'000u, 0u, 5u, 200'000u, 70'000u, 1u}) {
        std::string item(size, static_cast<char>('a' + size % 7));
        expected += item;
        EXPECT_TRUE(out.try_send(item));
    }
    EXPECT_TRUE(heard() == expected);
}

TEST_F(framed_sink_test, one_item_always_fits_and_who_comes_then_waits) {
    auto out = full_lines();
    std::string second = "second";
    const auto sent = started([&](auto h) { out.async_send(std::ref(second), std::move(h)); });
    const auto third = started([&](auto h) { out.async_send("third", std::move(h)); });
    poll();
    EXPECT_EQ(sent.calls() + third.calls(), 0);
    EXPECT_EQ(second, "second");
    let_go();
    poll();
    EXPECT_EQ(sent.calls(), 1);
    EXPECT_EQ(third.calls(), 1);
    EXPECT_EQ(heard(), "first\nsecond\nthird\n");
}

TEST_F(framed_sink_test, nobody_overtakes_who_waits) {
    auto out = full_lines();
    const auto waits = started([&](auto h) { out.async_wait(std::move(h)); });
    const auto sends = started([&](auto h) { out.async_send("second", std::move(h)); });
    let_go();
    while (waits.calls() == 0) {
        EXPECT_FALSE(out.try_send("overtakes"));
        ctx.restart();
        ctx.run_one();
    }
    poll();
    EXPECT_EQ(sends.calls(), 1);
    EXPECT_TRUE(out.try_send("third"));
    EXPECT_EQ(heard(), "first\nsecond\nthird\n");
}

TEST_F(framed_sink_test, a_send_that_is_cancelled_gives_its_item_back) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        auto out = full_lines();
        std::string item = "mine";
        asio::cancellation_signal cancel;
        const auto given_up = started([&](auto h) {
            out.async_send(
                std::ref(item), asio::bind_cancellation_slot(cancel.slot(), std::move(h)));
        });
        const auto next = started([&](auto h) { out.async_send("next", std::move(h)); });
        poll();
        cancel.emit(how);
        poll();
        EXPECT_EQ(given_up->ec, asio::error::operation_aborted);
        EXPECT_EQ(item, "mine");
        let_go();
        EXPECT_EQ(heard(), "first\nnext\n");
        EXPECT_EQ(next->ec, error_code());
        cancel.emit(how); // long over
    }
}

TEST_F(framed_sink_test, a_failure_of_any_write_is_told_to_everybody) {
    for (std::size_t n = 1; n <= 4; ++n) {
        connect();
        near_script->write_at_most(4).fail_write(n, asio::error::broken_pipe);
        auto out = lines();
        for (int i = 0; i != 4; ++i)
            EXPECT_TRUE(out.try_send("abc"));
        const auto flushed = started([&](auto h) { out.async_flush(std::move(h)); });
        const auto other = started([&](auto h) { out.async_flush(std::move(h)); });
        poll();
        EXPECT_EQ(flushed->ec, asio::error::broken_pipe) << n;
        EXPECT_EQ(other.calls(), 1);
        EXPECT_FALSE(out.is_open());
        EXPECT_FALSE(out.try_send("late"));
        EXPECT_EQ(out.queued_bytes(), 4 * (4 - (n - 1)));
        const auto late = started([&](auto h) { out.async_send("late", std::move(h)); });
        const auto waits = started([&](auto h) { out.async_wait(std::move(h)); });
        const auto closed = started([&](auto h) { out.async_close(std::move(h)); });
        poll();
        for (const auto& p : {late, waits, closed}) {
            EXPECT_EQ(p.calls(), 1);
            EXPECT_FALSE(p->inside);
            EXPECT_EQ(p->ec, asio::error::broken_pipe);
        }
    }
}

TEST_F(framed_sink_test, a_failure_is_told_to_who_waits_for_room) {
    auto out = full_lines();
    std::string item = "mine";
    const auto sends = started([&](auto h) { out.async_send(std::ref(item), std::move(h)); });
    poll();
    far.reset();
    poll();
    EXPECT_EQ(sends->ec, asio::error::broken_pipe);
    EXPECT_EQ(item, "mine");
}

TEST_F(framed_sink_test, flush_waits_for_what_was_sent_before_it) {
    connect(0);
    auto out = lines();
    const auto nothing = started([&](auto h) { out.async_flush(std::move(h)); });
    poll();
    EXPECT_EQ(nothing.calls(), 1);
    EXPECT_TRUE(out.try_send("1"));
    const auto flushed = started([&](auto h) { out.async_flush(std::move(h)); });
    poll();
    EXPECT_TRUE(out.try_send("2"));
    near_script->capacity(2);
    poll();
    EXPECT_EQ(flushed.calls(), 1);
    EXPECT_EQ(out.queued_items(), 1u);
    asio::cancellation_signal cancel;
    const auto given_up = started([&](auto h) {
        out.async_flush(asio::bind_cancellation_slot(cancel.slot(), std::move(h)));
    });
    cancel.emit(asio::cancellation_type::total);
    poll();
    EXPECT_EQ(given_up->ec, asio::error::operation_aborted);
    EXPECT_EQ(heard(), "1\n2\n");
}

TEST_F(framed_sink_test, closing_writes_what_is_queued_and_tells_the_end) {
    connect(0);
    auto out = lines();
    EXPECT_TRUE(out.try_send("last"));
    const auto closed = started([&](auto h) { out.async_close(std::move(h)); });
    EXPECT_FALSE(out.try_send("late"));
    const auto late = started([&](auto h) { out.async_send("late", std::move(h)); });
    poll();
    EXPECT_EQ(late->ec, errc::closed);
    EXPECT_EQ(closed.calls(), 0);
    near_script->capacity(9);
    EXPECT_EQ(heard(), "last\n");
    EXPECT_EQ(peer_saw, asio::error::eof);
    EXPECT_EQ(closed.calls(), 1);
    EXPECT_FALSE(closed->ec) << closed->what;
    EXPECT_FALSE(near_script->closed()) << "only its half is over";
}

TEST_F(framed_sink_test, closing_with_a_failure_is_a_reset) {
    connect();
    auto out = lines();
    out.close(std::make_exception_ptr(std::runtime_error("no")));
    EXPECT_EQ(heard(), "");
    EXPECT_EQ(peer_saw, asio::error::connection_reset);
}

TEST_F(framed_sink_test, a_sink_that_is_destroyed_still_writes_and_then_closes) {
    std::optional out(full_lines());
    std::string item = "mine";
    const auto sends = started([&](auto h) { out->async_send(std::ref(item), std::move(h)); });
    out.reset();
    poll();
    EXPECT_EQ(sends->ec, asio::error::operation_aborted);
    EXPECT_EQ(item, "mine");
    EXPECT_FALSE(near_script->closed());
    let_go();
    EXPECT_EQ(heard(), "first\n");
    EXPECT_EQ(peer_saw, asio::error::eof);
    EXPECT_TRUE(near_script->closed());
}

TEST_F(framed_sink_test, a_borrowed_stream_is_let_go_at_once) {
    connect(0);
    {
        auto out = io::lines_sink(*near);
        EXPECT_TRUE(out.try_send("gone"));
        poll();
    }
    near.reset();
    poll();
    EXPECT_EQ(heard(), "");
}

TEST_F(framed_sink_test, an_item_that_cannot_be_written_is_refused_and_nothing_of_it_sent) {
    connect();
    auto out = lines();
    EXPECT_TRUE(out.try_send("one"));
    EXPECT_THROW(out.try_send("t\nwo"), boost::system::system_error);
    const auto sends = started([&](auto h) { out.async_send("th\nree", std::move(h)); });
    poll();
    EXPECT_EQ(sends->ec, errc::unencodable);
    EXPECT_TRUE(out.try_send("four"));
    EXPECT_EQ(heard(), "one\nfour\n");
}

TEST_F(framed_sink_test, limits_are_given_with_or_without_the_form_of_an_item) {
    connect();
    io::endpoint_limits limits;
    limits.line = 2;
    limits.frame = 6;
    EXPECT_THROW(io::lines_sink(*near, limits).try_send("abc"), boost::system::system_error);
    EXPECT_THROW(
        io::lines_sink(*near, io::line_end::crlf, limits).try_send("abc"),
        boost::system::system_error);
    EXPECT_THROW(
        io::length_prefixed_sink(*near, limits).try_send("abc"), boost::system::system_error);
    EXPECT_TRUE(io::length_prefixed_sink(*near, {.width = 1}, limits).try_send("abc"));
}

TEST_F(framed_sink_test, a_peer_that_takes_nothing_is_a_stall_if_somebody_waits_for_it) {
    virtual_clock clock(ctx);
    io::endpoint_limits limits;
    limits.write_stall = 10s;
    auto out = full_lines(limits);
    const auto sends = started([&](auto h) { out.async_send("second", std::move(h)); });
    clock.run_for(9s);
    near_script->capacity(3); // it takes something
    clock.run_for(9s);
    EXPECT_EQ(sends.calls(), 0);
    EXPECT_TRUE(out.is_open());
    clock.run_for(2s);
    EXPECT_EQ(sends->ec, errc::write_stalled);
    EXPECT_EQ(sends->ec, condition::timed_out);
    EXPECT_FALSE(out.is_open());
    clock.run();
    EXPECT_FALSE(near_script->closed()) << "it is closed with the sink";
}

TEST_F(framed_sink_test, nothing_keeps_the_context_running_when_all_is_written) {
    virtual_clock clock(ctx);
    auto out = full_lines();
    const auto sends = started([&](auto h) { out.async_send("second", std::move(h)); });
    let_go();
    clock.run();
    EXPECT_EQ(sends.calls(), 1);
    EXPECT_EQ(clock.elapsed(), 0s);
    EXPECT_EQ(clock.run(), 0u);
}

TEST_F(framed_sink_test, closing_does_not_take_for_ever) {
    virtual_clock clock(ctx);
    io::endpoint_limits limits;
    limits.shutdown = 5s;
    {
        auto out = full_lines(limits);
        const auto closed = started([&](auto h) { out.async_close(std::move(h)); });
        clock.run();
        EXPECT_EQ(closed->ec, errc::shutdown_timeout);
        EXPECT_EQ(clock.elapsed(), 5s);
    }
    EXPECT_TRUE(near_script->closed());
    {
        auto out = full_lines(limits);
    }
    clock.run();
    EXPECT_EQ(clock.elapsed(), 10s);
    EXPECT_TRUE(near_script->closed());
}

TEST_F(framed_sink_test, takes_what_a_stream_forwards_and_a_coroutine_sends) {
    connect(16);
    io::endpoint_limits limits;
    limits.queued_bytes = 8;
    auto out = lines(limits);
    std::string expected;
    strings items;
    for (int i = 0; i != 200; ++i) {
        items.push_back(std::to_string(i));
        expected += items.back() + "\n";
    }
    completion_probe<> forwarded, sent;
    forward_to(from_range(items), out, forwarded.handler());
    std::string got = heard();
    EXPECT_EQ(got, expected);
    EXPECT_EQ(forwarded.calls(), 1);
    EXPECT_FALSE(forwarded->failure) << forwarded->what;
    asio::co_spawn(
        ctx,
        [&]() -> asio::awaitable<void> {
            for (const auto& item : items)
                co_await out.send(item);
            co_await out.async_flush(asio::use_awaitable);
        },
        sent.handler());
    EXPECT_EQ(heard(), expected);
    EXPECT_EQ(sent.calls(), 1);
    EXPECT_FALSE(sent->failure) << sent->what;
}

TEST_F(framed_sink_test, a_context_that_goes_takes_everything_with_it) {
    completion_probe<> sends, flushes;
    std::optional<sink> out;
    {
        asio::io_context own;
        auto ends = memory_stream::pair(own.get_executor(), 0);
        io::endpoint_limits limits;
        limits.queued_bytes = 1;
        out.emplace(io::lines_sink(std::move(ends.first), io::line_end::lf, limits));
        out->try_send("x");
        own.poll();
        out->async_send("y", sends.handler());
        out->async_flush(flushes.handler());
    }
    EXPECT_EQ(sends->destroyed + flushes->destroyed, 2);
}

TEST_F(framed_sink_test, a_shutdown_writes_all_and_waits_for_the_peers_end) {
    virtual_clock clock(ctx);
    for (bool answers : {true, false}) {
        const auto before = clock.now();
        connect(4);
        auto [in, out] = io::framed<io::line_codec>(take());
        EXPECT_TRUE(out.try_send("goodbye"));
        say("not read\n");
        const auto done = started([&, &i = in, &o = out](auto h) {
            io::async_shutdown(std::move(i), std::move(o), std::move(h));
        });
        EXPECT_EQ(heard(), "goodbye\n");
        EXPECT_EQ(peer_saw, asio::error::eof);
        EXPECT_EQ(done.calls(), 0);
        EXPECT_FALSE(near_script->closed());
        if (answers) {
            say("still talking\n");
            end();
        }
        clock.run();
        EXPECT_EQ(done.calls(), 1);
        EXPECT_EQ(done->ec, answers ? error_code() : errc::shutdown_timeout) << done->what;
        EXPECT_EQ(clock.now() - before, answers ? 0s : 10s);
        EXPECT_TRUE(near_script->closed());
    }
}

TEST_F(framed_sink_test, a_shutdown_can_be_cancelled) {
    connect();
    auto [in, out] = io::framed<io::line_codec>(take());
    asio::cancellation_signal cancel;
    const auto done = started([&, &i = in, &o = out](auto h) {
        io::async_shutdown(
            std::move(i), std::move(o), asio::bind_cancellation_slot(cancel.slot(), std::move(h)));
    });
    poll();
    EXPECT_EQ(done.calls(), 0);
    cancel.emit(asio::cancellation_type::total);
    poll();
    EXPECT_EQ(done->ec, asio::error::operation_aborted);
    EXPECT_TRUE(near_script->closed());
}

TEST_F(framed_sink_test, the_halves_of_framed_live_for_themselves) {
    connect();
    auto [in, out] = io::framed<io::line_codec>(take());
    EXPECT_TRUE(out.try_send("hello"));
    say("hi\nyou\n");
    EXPECT_EQ(*next(ctx, in).value, "hi");
    EXPECT_EQ(heard(), "hello\n");
    {
        auto done = std::move(in);
    }
    poll();
    EXPECT_FALSE(near_script->closed());
    EXPECT_TRUE(out.try_send("still"));
    EXPECT_EQ(heard(), "still\n");
    {
        auto done = std::move(out);
    }
    EXPECT_EQ(heard(), "");
    EXPECT_TRUE(near_script->closed());

    connect();
    auto two = io::framed<io::line_codec>(take());
    {
        auto done = std::move(two.out);
    }
    EXPECT_EQ(heard(), "");
    EXPECT_EQ(peer_saw, asio::error::eof);
    say("late\n");
    EXPECT_EQ(*next(ctx, two.in).value, "late");
}

TEST_F(framed_sink_test, sends_views_and_copies_them_only_to_wait) {
    connect(8);
    io::endpoint_limits limits;
    limits.queued_bytes = 8;
    auto out = io::lines_sink(take(), io::line_end::lf, limits);
    completion_probe<> done;
    asio::co_spawn(
        ctx,
        [&]() -> asio::awaitable<void> {
            for (std::string text = "a"; text.size() != 6; text += 'a')
                co_await out.send(std::string_view(text));
            co_await out.async_flush(asio::use_awaitable);
        },
        done.handler());
    EXPECT_EQ(heard(), "a\naa\naaa\naaaa\naaaaa\n");
    EXPECT_EQ(done.calls(), 1u);
    EXPECT_FALSE(done->ec) << done->what;
}

} // namespace
} // namespace streamx::testing
