#include <streamx/terminals/async_fold.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

struct async_fold_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    script_source<int> three() { return upstream().item(1).pending().item(2).item(3).end(); }
    void run() {
        ctx.restart();
        ctx.poll();
    }

    /// Adds, later.
    static asio::awaitable<int> plus(int sum, int i) {
        co_await asio::post(asio::use_awaitable);
        co_return sum + i;
    }
};

TEST_F(async_fold_test, combines_all_items_from_the_initial_value) {
    completion_probe<int> p;
    async_fold(three(), 10, std::plus{}, p.handler());
    run();

    EXPECT_FALSE(p->failure);
    EXPECT_EQ(p->value, 16);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(async_fold_test, of_nothing_is_the_initial_value) {
    completion_probe<int> plain;
    completion_probe<int> awaited;
    async_fold(upstream().end(), 10, std::plus{}, plain.handler());
    async_fold(upstream().end(), 10, plus, awaited.handler());
    run();

    EXPECT_EQ(plain->value, 10);
    EXPECT_EQ(awaited->value, 10);
}

TEST_F(async_fold_test, the_value_is_of_the_initial_values_type_and_moved_all_the_way) {
    completion_probe<std::unique_ptr<std::string>> p;
    async_fold(
        three(),
        std::make_unique<std::string>(),
        [](std::unique_ptr<std::string> s, int i) {
            *s += std::to_string(i);
            return s;
        },
        p.handler());
    run();

    EXPECT_EQ(**p->value, "123");
}

TEST_F(async_fold_test, a_function_that_returns_an_awaitable_is_awaited_before_the_next_pull) {
    std::vector<std::size_t> pulls;
    completion_probe<int> p;
    async_fold(
        upstream().item(1).item(2).end(),
        0,
        [&](int sum, int i) -> asio::awaitable<int> {
            pulls.push_back(seen.pulls());
            co_await asio::post(asio::use_awaitable);
            pulls.push_back(seen.pulls());
            co_return sum + i;
        },
        p.handler());
    run();

    EXPECT_EQ(p->value, 3);
    EXPECT_EQ(pulls, (std::vector<std::size_t>{1, 1, 2, 2}));
}

TEST_F(async_fold_test, what_the_function_throws_at_any_item_ends_it_and_releases_the_stream) {
    for (int bad : {1, 2, 3}) {
        SCOPED_TRACE(bad);
        auto check = [bad](int i) {
            if (i == bad)
                throw std::runtime_error("boom");
        };
        completion_probe<int> plain;
        completion_probe<int> awaited;
        async_fold(
            three(),
            0,
            [&](int sum, int i) {
                check(i);
                return sum + i;
            },
            plain.handler());
        async_fold(
            three(),
            0,
            [&](int sum, int i) -> asio::awaitable<int> {
                check(i);
                co_return co_await plus(sum, i);
            },
            awaited.handler());
        run();

        EXPECT_EQ(plain->what, "boom");
        EXPECT_EQ(awaited->what, "boom");
        EXPECT_EQ(seen.live(), 0U);
    }
}

TEST_F(async_fold_test, after_a_failure_of_the_stream_it_has_what_had_been_combined) {
    completion_probe<int> p;
    async_fold(upstream().item(1).item(2).fail(asio::error::eof), 0, std::plus{}, p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
    EXPECT_EQ(p->value, 3);
}

TEST_F(async_fold_test, the_coroutine_form_hands_the_streams_failure_on) {
    completion_probe<int> p;
    async_fold(upstream().item(1).fail(asio::error::eof), 0, plus, p.handler());
    run();

    EXPECT_EQ(p->ec, asio::error::eof);
}

TEST_F(async_fold_test, either_form_can_be_cancelled_with_each_type) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        asio::cancellation_signal first;
        asio::cancellation_signal second;
        completion_probe<int> plain;
        completion_probe<int> awaited;
        async_fold(
            upstream().item(1).hang(),
            0,
            std::plus{},
            asio::bind_cancellation_slot(first.slot(), plain.handler()));
        async_fold(
            upstream().item(1).hang(),
            0,
            plus,
            asio::bind_cancellation_slot(second.slot(), awaited.handler()));
        run();

        first.emit(how);
        second.emit(how);
        run();

        EXPECT_EQ(plain->ec, asio::error::operation_aborted);
        EXPECT_EQ(awaited->ec, asio::error::operation_aborted);
        EXPECT_EQ(seen.live(), 0U);
    }
}

TEST_F(async_fold_test, a_cancellation_before_the_first_step_is_not_forgotten) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        asio::cancellation_signal first;
        asio::cancellation_signal second;
        completion_probe<int> plain;
        completion_probe<int> awaited;
        async_fold(
            upstream().hang(),
            0,
            std::plus{},
            asio::bind_cancellation_slot(first.slot(), plain.handler()));
        async_fold(
            upstream().hang(),
            0,
            plus,
            asio::bind_cancellation_slot(second.slot(), awaited.handler()));

        first.emit(how);
        second.emit(how);
        run();

        EXPECT_EQ(plain->ec, asio::error::operation_aborted);
        EXPECT_EQ(awaited->ec, asio::error::operation_aborted);
    }
}

TEST_F(async_fold_test, of_a_long_stream_lets_others_run) {
    bool other = false;
    int seen_others_at = 0;
    completion_probe<int> p;
    async_fold(
        range(0, 10'000) | on(ctx),
        0,
        [&](int count, int) {
            if (other && seen_others_at == 0)
                seen_others_at = count;
            return count + 1;
        },
        p.handler());
    asio::post(ctx, [&] { other = true; });
    run();

    EXPECT_EQ(p->value, 10'000);
    EXPECT_GT(seen_others_at, 0);
    EXPECT_LE(seen_others_at, 1024);
}

} // namespace
} // namespace streamx::testing
