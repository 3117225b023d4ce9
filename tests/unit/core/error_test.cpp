#include <streamx/core/error.hpp> // first, so this file also proves the header stands alone

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <future>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

namespace streamx::testing {
namespace {

namespace sys = boost::system;

constexpr errc all_of_errc[] = {
    errc::closed,
    errc::full,
    errc::operation_in_progress,
    errc::no_item,
    errc::more_than_one_item,
    errc::no_subscribers,
    errc::line_too_long,
    errc::frame_too_long,
    errc::message_too_big,
    errc::header_too_long,
    errc::handshake_timeout,
    errc::idle_timeout,
    errc::write_stalled,
    errc::shutdown_timeout,
    errc::truncated,
    errc::tls_truncated,
    errc::malformed,
    errc::unencodable,
    errc::too_many_groups,
    errc::group_not_consumed,
    errc::exceeds_budget,
    errc::would_deadlock};
constexpr condition all_conditions[] = {
    condition::closed,
    condition::limit_exceeded,
    condition::misuse,
    condition::not_single,
    condition::timed_out,
    condition::protocol_violation};

TEST(error_test, every_code_is_an_error_and_has_words_of_its_own) {
    std::set<std::string> messages;
    for (auto e : all_of_errc) {
        error_code ec = e;
        EXPECT_TRUE(ec.failed()) << static_cast<int>(e);
        EXPECT_STREQ(ec.category().name(), "streamx");
        messages.insert(ec.message());
    }

    EXPECT_EQ(static_cast<int>(all_of_errc[0]), 1);
    EXPECT_EQ(messages.size(), std::size(all_of_errc));
}

TEST(error_test, every_condition_is_set_and_has_words_of_its_own) {
    std::set<std::string> messages;
    for (auto c : all_conditions) {
        sys::error_condition ec = c;
        EXPECT_TRUE(ec.failed()) << static_cast<int>(c);
        EXPECT_STREQ(ec.category().name(), "streamx.condition");
        messages.insert(ec.message());
    }

    EXPECT_EQ(messages.size(), std::size(all_conditions));
}

TEST(error_test, each_code_belongs_to_one_condition) {
    const std::pair<errc, condition> expected[] = {
        {errc::closed, condition::closed},
        {errc::full, condition::limit_exceeded},
        {errc::operation_in_progress, condition::misuse},
        {errc::no_item, condition::not_single},
        {errc::more_than_one_item, condition::not_single},
        {errc::no_subscribers, condition::closed},
        {errc::line_too_long, condition::limit_exceeded},
        {errc::frame_too_long, condition::limit_exceeded},
        {errc::message_too_big, condition::limit_exceeded},
        {errc::header_too_long, condition::limit_exceeded},
        {errc::handshake_timeout, condition::timed_out},
        {errc::idle_timeout, condition::timed_out},
        {errc::write_stalled, condition::timed_out},
        {errc::shutdown_timeout, condition::timed_out},
        {errc::truncated, condition::protocol_violation},
        {errc::tls_truncated, condition::protocol_violation},
        {errc::malformed, condition::protocol_violation},
        {errc::unencodable, condition::protocol_violation},
        {errc::too_many_groups, condition::limit_exceeded},
        {errc::group_not_consumed, condition::misuse},
        {errc::exceeds_budget, condition::limit_exceeded},
        {errc::would_deadlock, condition::misuse}};
    for (auto [e, condition_of_e] : expected)
        for (auto c : all_conditions)
            EXPECT_EQ(error_code(e) == c, c == condition_of_e)
                << static_cast<int>(e) << ' ' << static_cast<int>(c);
}

TEST(error_test, asios_words_for_a_peer_that_is_gone_mean_closed) {
    for (error_code ec :
         {error_code(asio::error::eof),
          error_code(asio::error::broken_pipe),
          error_code(asio::error::connection_reset)})
        EXPECT_EQ(ec, condition::closed) << ec.message();

    EXPECT_NE(error_code(asio::error::operation_aborted), condition::closed);
    EXPECT_NE(error_code(), condition::closed);
}

TEST(error_test, unknown_values_are_named_as_such_and_match_nothing) {
    const error_code unknown(77, errc_category());

    EXPECT_EQ(unknown.message(), "unknown streamx error");
    EXPECT_EQ(condition_category().message(77), "unknown streamx condition");
    for (auto c : all_conditions)
        EXPECT_NE(unknown, c);
    EXPECT_EQ(unknown.default_error_condition(), sys::error_condition(77, errc_category()));
}

TEST(error_test, to_error_code_of_nothing_is_success) {
    EXPECT_EQ(to_error_code(nullptr), error_code());
}

TEST(error_test, to_error_code_finds_the_code_in_a_system_error_of_either_kind) {
    auto boosts = std::make_exception_ptr(sys::system_error(asio::error::eof));
    auto standards = std::make_exception_ptr(std::system_error(error_code(errc::closed)));

    EXPECT_EQ(to_error_code(boosts), asio::error::eof);
    EXPECT_EQ(to_error_code(standards), errc::closed);
}

TEST(error_test, to_error_code_has_a_code_for_any_exception) {
    auto code_of = [](auto e) { return to_error_code(std::make_exception_ptr(e)); };

    EXPECT_EQ(code_of(std::bad_alloc()), sys::errc::not_enough_memory);
    EXPECT_EQ(code_of(std::invalid_argument("x")), sys::errc::invalid_argument);
    EXPECT_EQ(code_of(std::runtime_error("x")), sys::errc::state_not_recoverable);
    EXPECT_EQ(code_of(42), sys::errc::state_not_recoverable);
    EXPECT_EQ(
        code_of(std::future_error(std::future_errc::broken_promise)),
        sys::errc::state_not_recoverable);
}

TEST(error_test, to_error_code_has_a_code_even_for_a_system_error_of_success) {
    auto failure = std::make_exception_ptr(sys::system_error(error_code()));

    EXPECT_TRUE(to_error_code(failure).failed());
}

TEST(error_test, make_failure_carries_a_code_and_says_where) {
    auto failure = make_failure(errc::full, "here");

    EXPECT_EQ(to_error_code(failure), errc::full);
    try {
        std::rethrow_exception(failure);
    } catch (const sys::system_error& e) {
        EXPECT_EQ(std::string(e.what()).rfind("here", 0), 0U) << e.what();
    }
}

} // namespace
} // namespace streamx::testing
