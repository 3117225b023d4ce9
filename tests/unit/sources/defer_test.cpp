#include <streamx/sources/defer.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct defer_test : ::testing::Test {
    asio::io_context ctx;
    int calls = 0;
};

TEST_F(defer_test, gives_the_items_of_the_stream_that_the_function_makes) {
    auto got = collect(ctx, defer([] { return range(0, 3); }));

    EXPECT_EQ(got.items, (std::vector{0, 1, 2}));
    EXPECT_TRUE(got.ended);
}

TEST_F(defer_test, calls_the_function_once_by_the_first_pull) {
    auto s = defer([&] {
        ++calls;
        return range(0, 2);
    });
    auto moved = std::move(s);
    EXPECT_EQ(calls, 0);

    EXPECT_EQ(*moved.try_next(), 0);
    EXPECT_EQ(*moved.try_next(), 1);

    EXPECT_EQ(calls, 1);
}

TEST_F(defer_test, fails_with_what_the_function_throws) {
    auto s = defer([&] {
        ++calls;
        return calls == 1 ? throw std::runtime_error("boom") : range(0, 2);
    });

    EXPECT_EQ(collect(ctx, s).what, "boom");
    EXPECT_TRUE(collect(ctx, s).ended);
    EXPECT_EQ(calls, 1);
}

TEST_F(defer_test, with_an_executor_makes_any_stream) {
    auto s = streamx::defer(ctx.get_executor(), [&] {
        return script_source<int>(ctx.get_executor()).pending().item(1).fail(asio::error::eof);
    });
    static_assert(std::is_same_v<executor_t<decltype(s)>, asio::io_context::executor_type>);

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(defer_test, runs_on_its_own_executor_and_not_on_that_of_its_stream) {
    auto strand = asio::make_strand(ctx);
    auto s = streamx::defer(
        strand, [&] { return script_source<int>(ctx.get_executor()).pending().item(1); });
    bool on_strand = false;

    s.async_next([&](std::exception_ptr, std::optional<int>) {
        on_strand = strand.running_in_this_thread();
    });
    ctx.poll();

    EXPECT_TRUE(on_strand);
}

TEST_F(defer_test, the_function_lives_as_long_as_its_stream) {
    auto s = defer([items = std::vector{1, 2}] { return from_range(std::span(items)); });

    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_EQ(*s.try_next(), 2);
}

} // namespace
} // namespace streamx::testing
