#include <streamx/core/result.hpp> // first, so this file also proves the header stands alone

#include <streamx/core/error.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

namespace streamx::testing {
namespace {

struct with_code {
    int code;
};

struct translated {};
[[noreturn]] void throw_exception_from_error(translated, const boost::source_location&) {
    throw std::range_error("translated");
}

/// What `throw_error(error)` throws, if that is an `Expected`.
template <class Expected, class E>
Expected thrown(E error) {
    try {
        throw_error(std::move(error));
    } catch (const Expected& caught) {
        return caught;
    }
}

static_assert(std::is_same_v<streamx::result<int>, boost::system::result<int, error_code>>);
static_assert(result_stream<script_source<streamx::result<int>>>);
static_assert(result_stream<script_source<streamx::result<int, std::string>>&>);
static_assert(!result_stream<script_source<int>>);
static_assert(!result_stream<script_source<streamx::result<void>>>);
static_assert(!result_stream<int>);

TEST(result_test, throws_a_code_as_a_system_error) {
    using boost::system::system_error;

    EXPECT_EQ(thrown<system_error>(error_code(asio::error::eof)).code(), asio::error::eof);
    EXPECT_EQ(thrown<system_error>(errc::closed).code(), errc::closed);
    EXPECT_EQ(
        thrown<std::system_error>(std::make_error_code(std::errc::timed_out)).code(),
        std::errc::timed_out);
}

TEST(result_test, throws_what_an_exception_ptr_points_to) {
    auto failure = std::make_exception_ptr(std::runtime_error("boom"));

    EXPECT_STREQ(thrown<std::runtime_error>(failure).what(), "boom");
    EXPECT_NO_THROW(thrown<std::bad_exception>(std::exception_ptr()));
}

TEST(result_test, throws_what_the_users_own_function_throws) {
    EXPECT_STREQ(thrown<std::range_error>(translated()).what(), "translated");
}

TEST(result_test, throws_anything_else_as_itself) {
    EXPECT_STREQ(thrown<std::logic_error>(std::logic_error("mine")).what(), "mine");
    EXPECT_EQ(thrown<with_code>(with_code{7}).code, 7);
    EXPECT_EQ(thrown<std::string>(std::string("text")), "text");
}

} // namespace
} // namespace streamx::testing
