// What Boost 1.81 lacks, so that completing now is a post and a deadline is a timer of one's own.
#include "fact.hpp"

#include <gtest/gtest.h>

namespace streamx::testing {
namespace {

TEST(missing_parts_test, a_handler_cannot_say_where_it_may_run_at_once) {
#if __has_include(<boost/asio/associated_immediate_executor.hpp>)
    if (newer_boost)
        GTEST_SKIP() << "mended: there is an associated immediate executor";
    FAIL();
#endif
}

TEST(missing_parts_test, a_token_cannot_be_given_a_deadline) {
#if __has_include(<boost/asio/cancel_after.hpp>)
    if (newer_boost)
        GTEST_SKIP() << "mended: there is cancel_after";
    FAIL();
#endif
}

} // namespace
} // namespace streamx::testing
