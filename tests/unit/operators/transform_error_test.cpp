#include <streamx/operators/transform_error.hpp> // first, so this file also proves the header stands alone

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

struct transform_error_test : ::testing::Test {
    asio::io_context ctx;
    auto results() {
        return script_source<number>(ctx.get_executor()).item(1).item("abc").item(2).end();
    }
    auto failing() { return script_source<int>(ctx.get_executor()).item(1).fail(asio::error::eof); }
};

TEST_F(transform_error_test, gives_the_error_items_another_error) {
    auto s = results() | transform_error([](const std::string& e) { return e.size(); });

    using sized = streamx::result<int, std::size_t>;
    static_assert(async_stream_of<decltype(s), sized>);
    const auto got = collect(ctx, std::move(s)).items;
    ASSERT_EQ(got.size(), 3U);
    EXPECT_EQ(*got[0], 1);
    EXPECT_EQ(got[1].error(), 3U);
    EXPECT_EQ(*got[2], 2);
}

TEST_F(transform_error_test, the_new_error_may_have_the_type_of_the_value) {
    auto s = results() | transform_error([](const std::string&) { return 1; });

    const auto got = collect(ctx, std::move(s)).items;
    EXPECT_TRUE(got.at(0).has_value());
    EXPECT_TRUE(got.at(1).has_error());
}

TEST_F(transform_error_test, gives_a_failed_stream_another_failure) {
    auto other = std::make_exception_ptr(std::runtime_error("other"));
    std::exception_ptr seen;
    auto s = failing() | transform_error([&](std::exception_ptr e) { return seen = e, other; });

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.failure, other);
    EXPECT_EQ(to_error_code(seen), asio::error::eof);
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(transform_error_test, the_other_failure_may_be_a_code_or_an_exception) {
    auto code = failing() | transform_error([](std::exception_ptr) {
                    return error_code(asio::error::connection_reset);
                });
    auto exception =
        failing() | transform_error([](std::exception_ptr) { return std::range_error("own"); });

    EXPECT_EQ(collect(ctx, std::move(code)).ec, asio::error::connection_reset);
    EXPECT_EQ(collect(ctx, std::move(exception)).what, "own");
}

TEST_F(transform_error_test, fails_with_what_the_function_throws) {
    auto of_item = results() | transform_error([](const std::string& e) -> int {
                       throw std::runtime_error(e);
                   });
    auto of_failure = failing() | transform_error([](std::exception_ptr) -> std::exception_ptr {
                          throw std::range_error("thrown");
                      });

    EXPECT_EQ(collect(ctx, std::move(of_item)).what, "abc");
    EXPECT_EQ(collect(ctx, std::move(of_failure)).what, "thrown");
}

} // namespace
} // namespace streamx::testing
