#include <streamx/testing/probe.hpp>

#include <streamx/operators/on.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct probe_test : ::testing::Test {
    auto play() { return script_source<int>(ctx.get_executor(), seen); }

    template <class Expect>
    static std::string complaint(Expect expect) {
        try {
            expect();
        } catch (const expectation_failed& e) {
            return e.what();
        }
        return "none";
    }

    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
};

TEST_F(probe_test, takes_what_was_requested_and_no_more) {
    probe consumer(clock, play().item(1).item(2).item(3).end());
    consumer.expect_nothing();
    EXPECT_EQ(seen.items(), 0u);

    consumer.request(2);
    consumer.expect_next(1);
    consumer.expect_next(2);
    consumer.expect_nothing();
    EXPECT_EQ(seen.items(), 2u);
    EXPECT_EQ(consumer.expect_next(), 3);
    consumer.expect_end();
}

TEST_F(probe_test, lets_time_pass_for_what_is_expected_and_not_for_nothing) {
    probe consumer(clock, play().wait(1h).item(1).hang());
    consumer.request(1);
    consumer.expect_nothing();
    EXPECT_EQ(clock.elapsed(), 0s);
    consumer.expect_nothing_for(59min);
    consumer.expect_next(1);
    EXPECT_EQ(clock.elapsed(), 1h);
}

TEST_F(probe_test, expects_failures_by_code_by_text_or_as_they_are) {
    probe one(clock, play().fail(asio::error::connection_reset));
    one.expect_error(asio::error::connection_reset);
    probe two(clock, play().fail(std::make_exception_ptr(std::runtime_error("no"))));
    two.expect_error("no");
    probe three(clock, play().fail(std::make_exception_ptr(std::runtime_error("no"))));
    EXPECT_THROW(std::rethrow_exception(three.expect_error()), std::runtime_error);
    three.expect_end();
}

TEST_F(probe_test, says_what_was_there_instead) {
    probe consumer(clock, play().item(1).item(2).item(3).item(4).end());
    EXPECT_EQ(
        complaint([&] { consumer.expect_next(7); }),
        "expected the item 7, and there was the item 1");
    EXPECT_EQ(
        complaint([&] { consumer.expect_end(); }), "expected the end, and there was the item 2");
    EXPECT_EQ(
        complaint([&] { consumer.expect_error(); }),
        "expected a failure, and there was the item 3");
    consumer.request(1);
    EXPECT_EQ(
        complaint([&] { consumer.expect_nothing(); }),
        "expected nothing, and there was the item 4");
    consumer.expect_next(4);
    EXPECT_EQ(
        complaint([&] { consumer.expect_next(); }), "expected an item, and there was the end");

    probe failing(clock, play().fail(std::make_exception_ptr(std::runtime_error("no"))));
    EXPECT_EQ(
        complaint([&] { failing.expect_error("yes"); }), "expected the failure yes, and it was no");
    probe hanging(clock, play().hang());
    EXPECT_EQ(complaint([&] { hanging.expect_next(1); }), "expected an item, and nothing came");
}

TEST_F(probe_test, runs_on_an_io_context_too) {
    asio::io_context plain;
    probe consumer(plain, range(0, 2) | on(plain));
    consumer.request(1);
    consumer.expect_next(0);
    consumer.expect_nothing();
    consumer.expect_next(1);
    consumer.expect_end();
}

TEST_F(probe_test, cancel_destroys_the_stream_and_a_request_for_none_is_refused) {
    probe consumer(clock, play().hang());
    EXPECT_THROW(consumer.request(0), std::invalid_argument);
    consumer.request(1);
    consumer.cancel();
    EXPECT_EQ(seen.live(), 0u);
    consumer.expect_nothing();
}

} // namespace
} // namespace streamx::testing
