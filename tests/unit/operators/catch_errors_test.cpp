#include <streamx/operators/catch_errors.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/chunks.hpp>
#include <streamx/operators/filter.hpp>
#include <streamx/operators/filter_map.hpp>
#include <streamx/operators/inspect.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct catch_errors_test : ::testing::Test {
    asio::io_context ctx;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor()); }
    auto numbers() { return upstream().item(1).item(2).pending().item(3).end(); }

    /// What it gave: the values, and the text of the errors.
    template <class S>
    std::string text(S s) {
        std::string all;
        auto got = collect(ctx, std::move(s));
        for (auto& item : got.items) {
            try {
                all += std::to_string(item.value()) + ' ';
            } catch (const std::exception& e) {
                all += std::string(e.what()) + ' ';
            }
        }
        return all + (got.ended ? "end" : got.what);
    }
};

int even_throws(int i) { return i % 2 == 0 ? throw std::runtime_error("even") : 10 * i; }

TEST_F(catch_errors_test, goes_on_after_a_throw_of_map) {
    EXPECT_EQ(text(numbers() | map(even_throws) | catch_errors()), "10 even 30 end");
}

TEST_F(catch_errors_test, goes_on_after_a_throw_of_filter) {
    auto s = numbers() | filter([](int i) { return even_throws(i) > 10; }) | catch_errors();

    EXPECT_EQ(text(std::move(s)), "even 3 end");
}

TEST_F(catch_errors_test, goes_on_after_a_throw_of_inspect) {
    EXPECT_EQ(text(numbers() | inspect(even_throws) | catch_errors()), "1 even 3 end");
}

TEST_F(catch_errors_test, goes_on_after_a_throw_of_filter_map) {
    auto odd_above_one = [](int i) {
        return even_throws(i) > 10 ? std::optional(i) : std::nullopt;
    };

    EXPECT_EQ(text(numbers() | filter_map(odd_above_one) | catch_errors()), "even 3 end");
}

TEST_F(catch_errors_test, leaves_the_failure_of_upstream_what_it_is) {
    auto s = upstream().item(2).fail(std::make_exception_ptr(std::range_error("upstream"))) |
             map(even_throws) | catch_errors();

    EXPECT_EQ(text(std::move(s)), "even upstream");
}

TEST_F(catch_errors_test, leaves_the_throw_of_an_operator_further_up_what_it_is) {
    auto s = numbers() | map(even_throws) | map([](int i) { return i; }) | catch_errors();

    EXPECT_EQ(text(std::move(s)), "10 even");
}

TEST_F(catch_errors_test, is_pending_now_and_then_though_all_items_are_dropped) {
    auto s =
        from_range(std::vector(100'000, 1)) | filter([](int) { return false; }) | catch_errors();

    EXPECT_TRUE(s.try_next().is_pending());
}

template <class S>
concept can_be_caught = detail::applying_stream<S>;

static_assert(can_be_caught<decltype(std::declval<script_source<int>>() | map(even_throws))>);
static_assert(!can_be_caught<script_source<int>>);
static_assert(!can_be_caught<decltype(std::declval<script_source<int>>() | chunks(1))>);

} // namespace
} // namespace streamx::testing
