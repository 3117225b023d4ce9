#include <streamx/testing/marbles.hpp>

#include <streamx/operators/delay.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/testing/collect.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct marbles_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    asio::any_io_executor ex = ctx.get_executor();
};

TEST_F(marbles_test, a_sign_takes_a_frame_and_a_group_one_in_all) {
    using events = std::vector<marbles::event>;
    EXPECT_EQ(marbles("-a--b|").events(), (events{{1ms, 'a'}, {4ms, 'b'}, {5ms, '|'}}));
    EXPECT_EQ(marbles("(ab)c#").events(), (events{{0ms, 'a'}, {0ms, 'b'}, {1ms, 'c'}, {2ms, '#'}}));
    EXPECT_EQ(marbles("-(a|)", 10ms).events(), (events{{10ms, 'a'}, {10ms, '|'}}));
    EXPECT_EQ(marbles(" - a -- "), marbles("-a"));
    EXPECT_TRUE(marbles("").events().empty());
}

TEST_F(marbles_test, says_what_is_wrong_and_where) {
    const auto why = [](const char* text) -> std::string {
        try {
            static_cast<void>(marbles(text));
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return "nothing";
    };
    EXPECT_EQ(why("a|b"), "marbles: \"a|b\", at 2: it was over before");
    EXPECT_EQ(why("a#|"), "marbles: \"a#|\", at 2: it was over before");
    EXPECT_EQ(why("(a"), "marbles: \"(a\", at 2: the group has no end");
    EXPECT_EQ(why("a)"), "marbles: \"a)\", at 1: no group to end");
    EXPECT_EQ(why("((a))"), "marbles: \"((a))\", at 1: a group in a group");
    EXPECT_EQ(why("(a-)"), "marbles: \"(a-)\", at 2: no time passes in a group");
    EXPECT_EQ(why("a|--"), "marbles: \"a|--\", at 2: it was over before");
    EXPECT_THROW(marbles("a", 0ms), std::invalid_argument);
}

TEST_F(marbles_test, is_written_as_it_is_read) {
    for (const char* text : {"", "a", "-a--b|", "(ab)-c", "--#", "(ab|)", "a(bc)(d|)"})
        EXPECT_EQ(marbles(text).to_string(), text);
}

TEST_F(marbles_test, what_a_source_plays_is_what_is_observed) {
    for (const char* text : {"|", "#", "-a--b|", "(ab)-c", "a(bc)d#", "----(ab|)"})
        EXPECT_EQ(observe(clock, marbles(text).source(ex)), marbles(text));
}

TEST_F(marbles_test, shows_what_an_operator_does_to_time) {
    auto delayed = marbles("a-b|").source(ex) | delay(3ms);
    EXPECT_EQ(observe(clock, delayed), marbles("---a--(b|)")); // one at a time
    EXPECT_EQ(observe(clock, marbles("-a-b|").source(ex) | take(1)), marbles("-(a|)"));
}

TEST_F(marbles_test, items_can_be_of_any_type) {
    auto numbers = marbles("-3-7|").source(ex, [](char sign) { return sign - '0'; });
    EXPECT_EQ(observe(clock, numbers), marbles("-3-7|"));

    const std::map<char, std::string> words = {{'a', "one"}, {'b', "two"}};
    auto got = collect(clock, marbles("ab#").source(ex, words));
    EXPECT_EQ(got.items, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(got.what, marbles::failure);
    EXPECT_THROW(static_cast<void>(marbles("c").source(ex, words)), std::out_of_range);
}

TEST_F(marbles_test, time_begins_with_the_first_pull_and_waits_for_nobody) {
    auto source = marbles("a--b----c|").source(ex);
    clock.run_for(1h);
    EXPECT_EQ(*source.try_next(), 'a');
    EXPECT_TRUE(source.try_next().is_pending());
    clock.run_for(5ms);
    EXPECT_EQ(*source.try_next(), 'b');
    EXPECT_TRUE(source.try_next().is_pending());
    EXPECT_EQ(observe(clock, source), marbles("---c|"));
}

} // namespace
} // namespace streamx::testing
