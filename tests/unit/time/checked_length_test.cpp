#include <streamx/time/detail/checked_length.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/backpressure_timeout.hpp>
#include <streamx/operators/chunks_timeout.hpp>
#include <streamx/operators/deadline.hpp>
#include <streamx/operators/debounce.hpp>
#include <streamx/operators/delay.hpp>
#include <streamx/operators/drop_for.hpp>
#include <streamx/operators/group_by.hpp>
#include <streamx/operators/keep_alive.hpp>
#include <streamx/operators/sample.hpp>
#include <streamx/operators/take_for.hpp>
#include <streamx/operators/throttle_first.hpp>
#include <streamx/operators/timeout.hpp>
#include <streamx/sources/after.hpp>
#include <streamx/sources/interval.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// What each operator makes of a length of time that is 0 or less.

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct checked_length_test : ::testing::Test {
    using duration = clock_service::duration;

    asio::io_context ctx;
    virtual_clock clock{ctx};

    script_source<int> upstream() { return script_source<int>(ctx.get_executor()); }

    /// Whoever takes a length of time, by name.
    std::vector<std::pair<std::string, std::function<void(duration)>>> takers() {
        const auto ex = ctx.get_executor();
        return {
            {"after: length", [ex](duration d) { (void)after(ex, d); }},
            {"backpressure_timeout: length", [](duration d) { (void)backpressure_timeout(d); }},
            {"chunks_timeout: length", [](duration d) { (void)chunks_timeout(1, d); }},
            {"deadline: length", [](duration d) { (void)deadline(d); }},
            {"debounce: quiet", [](duration d) { (void)debounce(d); }},
            {"delay: length", [](duration d) { (void)delay(d); }},
            {"drop_for: length", [](duration d) { (void)drop_for(d); }},
            {"group_by: patience",
             [](duration d) {
                 const group_by_options options{.patience = d};
                 (void)group_by([](int i) { return i; }, 1, options);
             }},
            {"take_for: length", [](duration d) { (void)take_for(d); }},
            {"throttle_first: window", [](duration d) { (void)throttle_first(d); }},
            {"timeout: length", [](duration d) { (void)timeout(d); }},
        };
    }
    /// Those for whom 0 has no meaning.
    std::vector<std::pair<std::string, std::function<void(duration)>>> strict_takers() {
        const auto ex = ctx.get_executor();
        return {
            {"interval: period", [ex](duration d) { (void)interval(ex, d); }},
            {"keep_alive: length", [](duration d) { (void)keep_alive(d, [] { return 0; }); }},
            {"sample: period", [](duration d) { (void)sample(d); }},
        };
    }

    static std::string refusal(const std::function<void(duration)>& take, duration d) {
        try {
            take(d);
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return {};
    }
};

TEST_F(checked_length_test, a_negative_length_is_refused) {
    for (const auto& [name, take] : takers())
        for (auto length : {duration(-1), duration(-1h), duration::min()})
            EXPECT_EQ(refusal(take, length), name + " must not be negative");
}

TEST_F(checked_length_test, a_length_of_0_is_taken_where_it_has_a_meaning) {
    for (const auto& [name, take] : takers())
        for (auto length : {duration(0), duration(1), duration::max()})
            EXPECT_EQ(refusal(take, length), "") << name;
}

TEST_F(checked_length_test, and_refused_where_it_has_none) {
    for (const auto& [name, take] : strict_takers()) {
        for (auto length : {duration(0), duration(-1), duration::min()})
            EXPECT_EQ(refusal(take, length), name + " must be positive");
        EXPECT_EQ(refusal(take, duration(1)), "") << name;
    }
}

TEST_F(checked_length_test, with_0_all_passes_and_no_time) {
    auto passes = [this](auto op) {
        return collect(clock, upstream().item(1).pending().item(2).end() | std::move(op)).items ==
               std::vector{1, 2};
    };
    EXPECT_TRUE(passes(delay(0s)));
    EXPECT_TRUE(passes(drop_for(0s)));
    EXPECT_TRUE(passes(throttle_first(0s)));
    EXPECT_TRUE(passes(debounce(0s)));
    EXPECT_EQ(collect(clock, after(ctx.get_executor(), 0s)).items.size(), 1U);
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(checked_length_test, with_0_a_time_that_is_granted_is_over_at_once) {
    EXPECT_TRUE(collect(clock, upstream().item(1).end() | take_for(0s)).items.empty());
    EXPECT_EQ(collect(clock, upstream().item(1).end() | deadline(0s)).ec, asio::error::timed_out);
    EXPECT_EQ(collect(clock, upstream().hang() | timeout(0s)).ec, asio::error::timed_out);
    EXPECT_EQ(clock.elapsed(), 0s);
}

TEST_F(checked_length_test, with_0_a_chunk_is_what_is_there) {
    auto got =
        collect(clock, upstream().item(1).item(2).wait(1s).item(3).end() | chunks_timeout(9, 0s));

    EXPECT_EQ(got.items, (std::vector<std::vector<int>>{{1, 2}, {3}}));
}

} // namespace
} // namespace streamx::testing
