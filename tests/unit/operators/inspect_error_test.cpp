#include <streamx/operators/inspect_error.hpp> // first, so this file also proves the header stands alone

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

struct inspect_error_test : ::testing::Test {
    asio::io_context ctx;
    auto results() {
        return script_source<number>(ctx.get_executor())
            .item(1)
            .item("a")
            .pending()
            .item("b")
            .fail(asio::error::eof);
    }
};

TEST_F(inspect_error_test, shows_the_error_items_and_passes_them_on) {
    std::vector<std::string> shown;
    auto s = results() | inspect_error([&](const std::string& e) { shown.push_back(e); });

    auto got = collect(ctx, std::move(s));

    EXPECT_EQ(shown, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(got.items, (std::vector<number>{1, "a", "b"}));
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(inspect_error_test, shows_the_failure_of_any_stream) {
    auto failure = std::make_exception_ptr(std::runtime_error("boom"));
    std::exception_ptr shown;
    auto s = script_source<int>(ctx.get_executor()).item(1).pending().fail(failure) |
             inspect_error([&](const std::exception_ptr& e) { shown = e; });

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.failure, failure);
    EXPECT_EQ(shown, failure);
}

TEST_F(inspect_error_test, shows_the_failure_of_a_stream_of_results_to_who_takes_that) {
    int shown = 0;
    auto s = results() | inspect_error([&](std::exception_ptr) { ++shown; });

    EXPECT_EQ(collect(ctx, std::move(s)).items.size(), 3U);
    EXPECT_EQ(shown, 1);
}

TEST_F(inspect_error_test, shows_items_only_if_they_hold_exceptions_themselves) {
    using caught = streamx::result<int, std::exception_ptr>;
    auto item = std::make_exception_ptr(1);
    std::vector<std::exception_ptr> shown;
    auto s = script_source<caught>(ctx.get_executor()).item(item).fail(asio::error::eof) |
             inspect_error([&](std::exception_ptr e) { shown.push_back(e); });

    EXPECT_EQ(collect(ctx, std::move(s)).ec, asio::error::eof);
    EXPECT_EQ(shown, std::vector{item});
}

TEST_F(inspect_error_test, fails_with_what_the_function_throws) {
    auto of_item =
        results() | inspect_error([](const std::string& e) { throw std::runtime_error(e); });
    auto of_failure =
        results() | inspect_error([](std::exception_ptr) { throw std::range_error("f"); });

    EXPECT_EQ(collect(ctx, std::move(of_item)).what, "a");
    EXPECT_EQ(collect(ctx, std::move(of_failure)).what, "f");
}

TEST_F(inspect_error_test, never_calls_the_function_when_all_is_well) {
    auto s = script_source<int>(ctx.get_executor()).item(1).end() |
             inspect_error([](std::exception_ptr) { ADD_FAILURE(); });

    EXPECT_TRUE(collect(ctx, std::move(s)).ended);
}

} // namespace
} // namespace streamx::testing
