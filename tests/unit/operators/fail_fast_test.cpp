#include <streamx/operators/fail_fast.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <vector>

namespace streamx::testing {
namespace {

struct bad_number : std::exception {
    const char* what() const noexcept override { return "own"; }
};

struct fail_fast_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;

    /// 1, the error, 2, and then the end
    template <class E>
    auto around(E error) {
        using number = streamx::result<int, E>;
        return script_source<number>(ctx.get_executor(), seen)
            .item(number(number::in_place_value, 1))
            .pending()
            .item(number(number::in_place_error, error))
            .item(number(number::in_place_value, 2))
            .end();
    }
};

TEST_F(fail_fast_test, the_first_error_ends_it) {
    auto s = around(error_code(asio::error::eof)) | fail_fast();

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.ec, asio::error::eof);
    EXPECT_EQ(seen.live(), 0U);
    EXPECT_TRUE(collect(ctx, s).ended);
}

TEST_F(fail_fast_test, fails_with_the_exception_that_the_error_is) {
    auto failure = std::make_exception_ptr(std::runtime_error("boom"));

    EXPECT_EQ(collect(ctx, around(failure) | fail_fast()).failure, failure);
    EXPECT_EQ(collect(ctx, around(bad_number()) | fail_fast()).what, "own");
}

TEST_F(fail_fast_test, values_only_pass) {
    using number = streamx::result<int>;
    auto s =
        script_source<number>(ctx.get_executor()).item(1).pending().item(2).end() | fail_fast();

    auto got = collect(ctx, std::move(s));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_TRUE(got.ended);
}

} // namespace
} // namespace streamx::testing
