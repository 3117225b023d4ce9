#include <streamx/io/framed_stream.hpp>

#include <streamx/io/bytes.hpp>
#include <streamx/io/delimited.hpp>
#include <streamx/io/length_prefixed.hpp>
#include <streamx/io/lines.hpp>

#include <unit/io/support.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace std::literals;

namespace streamx::testing {
namespace {

struct framed_stream_test : connection_test {
    /// Makes what the peer says, in reads of so many bytes, into items until the end.
    template <class Make>
    collected<std::string>
    items_of(const std::string& bytes, Make make, std::function<std::size_t()> read_size) {
        connect(bytes.size() + 1);
        near->script().read_at_most(std::move(read_size));
        say(bytes);
        end();
        return collect(ctx, make(take()));
    }

    template <class Make>
    void gives_the_same_in_every_split(
        const std::string& bytes, const strings& items, error_code ec, Make make) {
        std::mt19937 random(3);
        for (std::size_t n = 1; n <= bytes.size() + 20; ++n) {
            const auto got = items_of(bytes, make, [&]() -> std::size_t {
                return n <= bytes.size() ? n : 1 + random() % 5;
            });
            EXPECT_EQ(got.items, items) << n;
            EXPECT_EQ(got.ec, ec) << n << ' ' << got.what;
            EXPECT_EQ(got.ended, !ec) << n;
        }
    }
};

TEST_F(framed_stream_test, every_split_of_the_bytes_gives_the_same_items) {
    gives_the_same_in_every_split("one\r\n\ntwo\nlast", {"one", "", "two", "last"}, {}, [](auto s) {
        return io::lines(std::move(s));
    });
    gives_the_same_in_every_split("one--two----", {"one", "two", ""}, {}, [](auto s) {
        return io::delimited(std::move(s), "--");
    });
    gives_the_same_in_every_split("\3one\0\3two"s, {"one", "", "two"}, {}, [](auto s) {
        return io::length_prefixed(std::move(s), {.width = 1});
    });
    gives_the_same_in_every_split("\3one\3tw"s, {"one"}, errc::truncated, [](auto s) {
        return io::length_prefixed(std::move(s), {.width = 1});
    });
    io::endpoint_limits small;
    small.line = 3;
    gives_the_same_in_every_split("one\nthree\ntwo\n", {"one"}, errc::line_too_long, [&](auto s) {
        return io::lines(std::move(s), small);
    });
}

TEST_F(framed_stream_test, one_read_gives_as_many_items_as_it_holds) {
    connect();
    const auto script = near->script();
    auto s = io::lines(take());
    say("1\n2\n3\n4\nrest");
    EXPECT_TRUE(s.try_next().is_pending());
    EXPECT_EQ(wait(ctx, s), error_code());
    for (auto expected : {"1", "2", "3", "4"}) {
        auto item = s.try_next();
        ASSERT_TRUE(item);
        EXPECT_EQ(*item, expected);
    }
    EXPECT_TRUE(s.try_next().is_pending());
    EXPECT_EQ(script.reads(), 1u);
}

TEST_F(framed_stream_test, a_view_stays_as_it_is_until_the_next_pull) {
    connect();
    auto s = io::lines_view(take());
    say("first\nsecond\n");
    auto first = next(ctx, s);
    ASSERT_TRUE(first.value && *first.value);
    say(std::string(9000, 'x') + "\n");
    poll();
    EXPECT_EQ(**first.value, "first");
    EXPECT_EQ(*s.try_next(), "second");
    auto third = next(ctx, s);
    ASSERT_TRUE(third.value && *third.value);
    EXPECT_EQ((**third.value).size(), 9000u);
}

TEST_F(framed_stream_test, items_of_any_size_up_to_the_limit_pass) {
    io::endpoint_limits limits;
    limits.frame = 300'000;
    for (std::size_t size : {1u, 4095u, 4096u, 65'536u, 100'000u, 299'996u}) {
        const std::string item(size, 'i');
        io::write_buffer bytes;
        for (int i = 0; i != 3; ++i)
            io::length_prefixed_codec({}, limits.frame).encode(item, bytes);
        const auto got = items_of(
            bytes.to_string(),
            [&](auto s) { return io::length_prefixed(std::move(s), {}, limits); },
            [] { return 50'000; });
        EXPECT_TRUE(got.items == strings(3, item)) << size << ' ' << got.what;
        EXPECT_TRUE(got.ended);
    }
}

TEST_F(framed_stream_test, a_failure_of_any_read_comes_after_the_items_before_it) {
    for (std::size_t n = 1; n <= 5; ++n) {
        connect();
        near->script().read_at_most(2).fail_read(n);
        say("1\n2\n3\n4\n");
        end();
        const auto got = collect(ctx, io::lines(take()));
        EXPECT_EQ(got.items.size(), n - 1);
        EXPECT_EQ(got.ec, n == 6 ? error_code() : asio::error::connection_reset) << n;
    }
}

TEST_F(framed_stream_test, limits_are_given_with_or_without_the_form_of_an_item) {
    io::endpoint_limits limits;
    limits.frame = 5;
    const auto result = [&](auto make) {
        connect();
        say("\0\0\0\2ab"s);
        end();
        return collect(ctx, make(take())).ec;
    };
    EXPECT_EQ(
        result([&](auto s) { return io::length_prefixed(std::move(s), limits); }),
        errc::frame_too_long);
    EXPECT_EQ(
        result([&](auto s) { return io::length_prefixed(std::move(s), {.width = 4}, limits); }),
        errc::frame_too_long);
    EXPECT_EQ(
        result([&](auto s) { return io::length_prefixed_view(std::move(s), limits); }),
        errc::frame_too_long);
}

TEST_F(framed_stream_test, an_end_a_reset_and_a_truncation_are_told_apart) {
    for (int how = 0; how != 3; ++how) {
        connect();
        auto s = io::length_prefixed(take(), {.width = 1});
        say(how == 0 ? "\1a"s : "\1a\2b"s);
        auto first = next(ctx, s);
        ASSERT_TRUE(first.value && *first.value);
        if (how == 2)
            far->script().reset();
        far.reset();
        const auto got = collect(ctx, s);
        EXPECT_EQ(got.ended, how == 0);
        const error_code expected[] = {{}, errc::truncated, asio::error::connection_reset};
        EXPECT_EQ(got.ec, expected[how]);
        EXPECT_EQ(got.ec == condition::protocol_violation, how == 1);
    }
}

/// A codec as a user writes one: pairs of digits, without a limit of its own.
struct pairs {
    using value_type = int;
    std::optional<int> decode(std::string_view& in) {
        while (in.starts_with(' '))
            in.remove_prefix(1);
        if (in.size() < 2 || in.starts_with('?'))
            return {};
        const int value = (in[0] - '0') * 10 + in[1] - '0';
        in.remove_prefix(2);
        return value;
    }
};

TEST_F(framed_stream_test, a_codec_of_ones_own_is_held_to_the_limit_of_a_frame) {
    connect();
    say("12   34  5");
    end();
    const auto got = collect(ctx, io::detail::read_framed(take(), pairs(), {}));
    EXPECT_EQ(got.items, (std::vector{12, 34}));
    EXPECT_EQ(got.ec, errc::truncated);

    io::endpoint_limits limits;
    limits.frame = 100;
    for (std::size_t n : {100u, 101u}) {
        connect();
        say("12" + std::string(n, '?'));
        auto s = io::detail::read_framed(take(), pairs(), limits);
        const auto some = collect(ctx, s);
        EXPECT_EQ(some.items, std::vector{12});
        EXPECT_EQ(some.ec, n == 100 ? error_code() : errc::frame_too_long);
    }
}

TEST_F(framed_stream_test, a_wait_that_is_given_up_leaves_nothing_behind_and_loses_nothing) {
    connect();
    auto s = io::lines(take());
    EXPECT_EQ(
        next_cancelled(ctx, s, asio::cancellation_type::total), asio::error::operation_aborted);
    ctx.restart();
    EXPECT_EQ(ctx.run(), 0u) << "something still waits";
    say("kept\n");
    EXPECT_EQ(*next(ctx, s).value, "kept");
}

TEST_F(framed_stream_test, a_wait_right_after_one_that_was_given_up_gets_what_comes) {
    connect();
    auto s = io::lines(take());
    asio::cancellation_signal cancel;
    completion_probe<> first, second;
    s.async_wait(asio::bind_cancellation_slot(cancel.slot(), first.handler()));
    poll();
    cancel.emit(asio::cancellation_type::total);
    ctx.restart();
    while (first.calls() == 0)
        ctx.run_one();
    s.async_wait(second.handler()); // the read that was stopped has not come back yet
    poll();
    EXPECT_EQ(first->ec, asio::error::operation_aborted);
    EXPECT_EQ(second.calls(), 0);
    say("x\n");
    poll();
    EXPECT_EQ(second.calls(), 1);
    EXPECT_EQ(*s.try_next(), "x");
}

TEST_F(framed_stream_test, nothing_for_too_long_is_an_idle_timeout_while_somebody_waits) {
    virtual_clock clock(ctx);
    io::endpoint_limits limits;
    limits.idle = 10s;
    connect();
    auto s = io::lines(take(), limits);
    for (int i = 0; i != 3; ++i) {
        completion_probe<> p;
        s.async_wait(p.handler());
        clock.run_for(9s);
        EXPECT_EQ(p.calls(), 0);
        say("x\n");
        clock.run_for(1ms);
        EXPECT_EQ(p.calls(), 1);
        EXPECT_TRUE(s.try_next());
        EXPECT_TRUE(s.try_next().is_pending());
        clock.run_for(100s); // nobody waits
    }
    EXPECT_EQ(clock.run(), 0u) << "a timer is set";
    const auto before = clock.now();
    const auto got = collect(clock, s);
    EXPECT_EQ(got.ec, errc::idle_timeout);
    EXPECT_EQ(got.ec, condition::timed_out);
    EXPECT_EQ(clock.now() - before, 10s);
}

TEST_F(framed_stream_test, closes_a_stream_of_its_own_and_leaves_a_borrowed_one_open) {
    connect();
    {
        auto s = io::lines(*near);
        completion_probe<> p;
        s.async_wait(p.handler());
    }
    poll();
    EXPECT_TRUE(near->is_open());
    say("still\n");
    EXPECT_EQ(collect(ctx, io::bytes(*near)).items, strings{"still\n"});
    const auto script = near->script();
    {
        auto s = io::lines(take());
    }
    EXPECT_TRUE(script.closed());
}

TEST_F(framed_stream_test, a_context_that_goes_takes_the_wait_with_it) {
    completion_probe<> p;
    std::optional<io::framed_stream<memory_stream, io::line_codec>> s;
    {
        asio::io_context own;
        auto ends = memory_stream::pair(own.get_executor());
        s.emplace(io::lines(std::move(ends.first)));
        s->async_wait(p.handler());
    }
    EXPECT_EQ(p.calls(), 0);
    EXPECT_EQ(p->destroyed, 1);
}

} // namespace
} // namespace streamx::testing
