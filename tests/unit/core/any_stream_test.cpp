#include <streamx/core/any_stream.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct any_stream_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(any_stream_test, is_any_stream_of_its_items) {
    static_assert(std::is_convertible_v<script_source<int>, any_stream<int>>);
    static_assert(!std::is_convertible_v<script_source<long>, any_stream<int>>);
    static_assert(!std::is_convertible_v<int, any_stream<int>>);
    static_assert(std::is_nothrow_move_constructible_v<any_stream<int>>);
    static_assert(!std::is_copy_constructible_v<any_stream<int>>);

    any_stream<int> s = upstream().item(1).pending().item(2).end();
    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{1, 2}));
    s = range(0, 2) | on(ctx);
    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{0, 1}));
}

TEST_F(any_stream_test, can_be_given_operators) {
    auto s = any_stream<int>(upstream().item(1).end()) | map([](int i) { return i + 1; });

    EXPECT_EQ(collect(ctx, std::move(s)).items, std::vector{2});
}

TEST_F(any_stream_test, holds_another_without_a_second_layer) {
    any_stream<int> inner = upstream().item(1).end();
    any_stream<int> outer = std::move(inner);

    EXPECT_TRUE(inner.try_next().is_end()); // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(collect(ctx, std::move(outer)).items, std::vector{1});
}

TEST_F(any_stream_test, an_empty_one_is_at_its_end) {
    any_stream<int> s;

    EXPECT_TRUE(s.try_next().is_end());
    EXPECT_TRUE(collect(ctx, s).ended);
    EXPECT_TRUE(collect(ctx, std::move(s)).ended);
}

TEST_F(any_stream_test, one_that_is_over_can_be_asked_again_without_an_executor) {
    any_stream<int> s = upstream().end();
    for (int n = 0; n != 2; ++n) {
        completion_probe<std::optional<int>> p;
        s.async_next(p.handler());
        run();
        ASSERT_EQ(p.calls(), 1);
        EXPECT_EQ(p->value, std::make_optional(std::optional<int>()));
    }
}

TEST_F(any_stream_test, runs_on_the_executor_of_what_it_holds) {
    asio::io_context other;
    any_stream<int> s = script_source<int>(other.get_executor()).item(1);
    completion_probe<std::optional<int>> p;
    s.async_next(p.handler());

    run();
    EXPECT_EQ(p.calls(), 0);
    other.poll();
    EXPECT_EQ(p.calls(), 1);
    EXPECT_EQ(s.get_executor(), other.get_executor());
}

TEST_F(any_stream_test, passes_each_cancellation_type_on) {
    using enum asio::cancellation_type;
    for (auto how : {total, partial, terminal}) {
        SCOPED_TRACE(static_cast<unsigned>(how));
        any_stream<int> s = upstream().hang();

        EXPECT_EQ(next_cancelled(ctx, std::move(s), how), asio::error::operation_aborted);
    }
}

TEST_F(any_stream_test, hands_a_failure_through_as_it_is) {
    any_stream<int> s = upstream().fail(std::make_exception_ptr(std::runtime_error("boom")));

    EXPECT_EQ(collect(ctx, std::move(s)).what, "boom");
}

TEST_F(any_stream_test, moves_move_only_items_and_copies_nothing) {
    item_counts counts;
    auto [tx, rx] = make_channel<counted_item>(ctx.get_executor(), 1);
    any_stream<counted_item> s = std::move(rx);
    tx.try_send(counted_item(3, counts));

    auto got = next(ctx, s);

    EXPECT_EQ(**got.value, 3);
    EXPECT_EQ(counts.copies, 0U);
}

TEST_F(any_stream_test, releases_what_it_holds_when_over_assigned_or_destroyed) {
    {
        any_stream<int> over = upstream().end();
        any_stream<int> assigned = upstream().hang();
        any_stream<int> destroyed = upstream().hang();
        EXPECT_EQ(seen.live(), 3U);
        collect(ctx, over);
        EXPECT_EQ(seen.live(), 2U);
        assigned = any_stream<int>();
        EXPECT_EQ(seen.live(), 1U);
    }
    EXPECT_EQ(seen.live(), 0U);
}

} // namespace
} // namespace streamx::testing
