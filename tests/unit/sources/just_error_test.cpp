#include <streamx/sources/just_error.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/error.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/errc.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>

namespace streamx::testing {
namespace {

struct just_error_test : ::testing::Test {
    asio::io_context ctx;

    template <class Error>
    auto failure_of(Error e) {
        auto got = collect(ctx, just_error<int>(e));
        EXPECT_TRUE(got.items.empty());
        EXPECT_FALSE(got.ended);
        return got;
    }
};

struct own_failure {
    int why;
};

TEST_F(just_error_test, fails_with_an_error_code) {
    EXPECT_EQ(failure_of(error_code(asio::error::eof)).ec, asio::error::eof);
}

TEST_F(just_error_test, fails_with_an_enum_of_error_codes) {
    EXPECT_EQ(failure_of(errc::full).ec, errc::full);
    EXPECT_EQ(failure_of(asio::error::eof).ec, asio::error::eof);
    EXPECT_EQ(failure_of(boost::system::errc::io_error).ec, boost::system::errc::io_error);
}

TEST_F(just_error_test, fails_with_an_exception_of_any_type_as_it_is) {
    EXPECT_EQ(failure_of(std::runtime_error("boom")).what, "boom");
    try {
        std::rethrow_exception(failure_of(own_failure{7}).failure);
    } catch (const own_failure& e) {
        EXPECT_EQ(e.why, 7);
    }
}

TEST_F(just_error_test, fails_with_the_exception_that_it_is_pointed_to) {
    auto failure = std::make_exception_ptr(std::runtime_error("boom"));

    EXPECT_EQ(failure_of(failure).failure, failure);
}

TEST_F(just_error_test, refuses_a_pointer_to_none) {
    EXPECT_THROW((void)just_error<int>(std::exception_ptr()), std::invalid_argument);
}

TEST_F(just_error_test, fails_once_and_then_ends) {
    auto s = just_error<int>(errc::full);

    EXPECT_EQ(collect(ctx, s).ec, errc::full);
    EXPECT_TRUE(collect(ctx, s).ended);
}

} // namespace
} // namespace streamx::testing
