#include <streamx/operators/or_else.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using number = streamx::result<int, std::string>;

struct or_else_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    auto results() {
        return script_source<number>(ctx.get_executor()).item(1).item("abc").item(2).end();
    }
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(or_else_test, replaces_an_error_item_by_a_value) {
    auto s = results() | or_else([](const std::string& e) { return static_cast<int>(e.size()); });

    static_assert(async_stream_of<decltype(s), int>);
    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{1, 3, 2}));
}

TEST_F(or_else_test, replaces_an_error_item_by_a_value_or_another_error) {
    using coded = streamx::result<int, error_code>;
    auto s = results() |
             or_else([](const std::string&) -> coded { return error_code(asio::error::eof); });

    const auto got = collect(ctx, std::move(s)).items;
    EXPECT_EQ(got, (std::vector<coded>{1, error_code(asio::error::eof), 2}));
}

TEST_F(or_else_test, a_failed_stream_goes_on_with_another) {
    std::exception_ptr failure;
    auto s =
        upstream().item(1).pending().fail(asio::error::eof) | or_else([&](std::exception_ptr e) {
            failure = e;
            EXPECT_EQ(seen.live(), 0U) << "the failed stream is not released yet";
            return from_range({2, 3});
        });

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (std::vector{1, 2, 3}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(to_error_code(failure), asio::error::eof);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(or_else_test, waits_for_the_replacement) {
    auto s =
        upstream().fail(asio::error::eof) | or_else([&](std::exception_ptr) {
            return script_source<int>(ctx.get_executor()).pending().item(1).pending().item(2).end();
        });

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{1, 2}));
}

TEST_F(or_else_test, the_failure_of_the_replacement_is_final) {
    int calls = 0;
    auto s =
        upstream().fail(asio::error::eof) | or_else([&](std::exception_ptr) {
            ++calls;
            return script_source<int>(ctx.get_executor()).item(1).fail(asio::error::broken_pipe);
        });

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::broken_pipe);
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(or_else_test, does_not_ask_for_a_replacement_when_all_is_well) {
    auto s = upstream().item(1).end() | or_else([](std::exception_ptr) {
                 ADD_FAILURE();
                 return from_range(std::vector<int>());
             });

    EXPECT_EQ(collect(ctx, std::move(s)).items, std::vector{1});
}

TEST_F(or_else_test, a_stream_of_results_may_fail_too) {
    auto s = script_source<number>(ctx.get_executor()).item("bad").fail(asio::error::eof) |
             or_else([](std::exception_ptr) { return from_range({number(1)}); });

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector<number>{"bad", 1}));
}

TEST_F(or_else_test, what_the_function_returns_decides_if_the_items_hold_exceptions) {
    using caught = streamx::result<int, std::exception_ptr>;
    auto bad = std::make_exception_ptr(1);
    auto up = [&] {
        return script_source<caught>(ctx.get_executor()).item(bad).fail(asio::error::eof);
    };
    auto items = up() | or_else([](std::exception_ptr) { return 0; });
    auto failure = up() | or_else([](std::exception_ptr) { return from_range({caught(7)}); });

    EXPECT_EQ(collect(ctx, std::move(items)).items, std::vector{0});
    EXPECT_TRUE((collect(ctx, std::move(failure)).items == std::vector<caught>{bad, 7}));
}

TEST_F(or_else_test, fails_with_what_the_function_throws) {
    auto of_item =
        results() | or_else([](const std::string& e) -> int { throw std::runtime_error(e); });
    auto of_failure =
        upstream().fail(asio::error::eof) |
        or_else([](std::exception_ptr) -> script_source<int> { throw std::range_error("f"); });

    EXPECT_EQ(collect(ctx, std::move(of_item)).what, "abc");
    EXPECT_EQ(collect(ctx, of_failure).what, "f");
    EXPECT_TRUE(collect(ctx, of_failure).ended);
}

} // namespace
} // namespace streamx::testing
