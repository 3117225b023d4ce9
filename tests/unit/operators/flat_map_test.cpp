#include <streamx/operators/flat_map.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <array>
#include <list>
#include <memory>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::testing {
namespace {

struct flat_map_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(flat_map_test, gives_the_elements_of_each_container) {
    auto s =
        range(0, 4) | flat_map([](int n) { return std::vector(static_cast<std::size_t>(n), n); });

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{1, 2, 2, 3, 3, 3}));
}

TEST_F(flat_map_test, moves_elements_out_of_a_container) {
    auto s = range(0, 2) | flat_map([](int i) {
                 std::vector<std::unique_ptr<int>> one;
                 one.push_back(std::make_unique<int>(i));
                 return one;
             });

    EXPECT_EQ(*collect(ctx, std::move(s)).items.at(1), 1);
}

TEST_F(flat_map_test, copies_elements_of_what_it_does_not_own) {
    std::vector<std::string> words{"a", "b"};
    auto of_view = range(0, 2) | flat_map([&](int) { return std::span(words); });
    auto of_reference =
        range(0, 2) | flat_map([&](int) -> std::vector<std::string>& { return words; });

    const std::vector<std::string> twice{"a", "b", "a", "b"};
    EXPECT_EQ(collect(ctx, std::move(of_view)).items, twice);
    EXPECT_EQ(collect(ctx, std::move(of_reference)).items, twice);
    EXPECT_EQ(words, (std::vector<std::string>{"a", "b"}));
}

TEST_F(flat_map_test, takes_any_range) {
    auto lists = range(0, 2) | flat_map([](int i) { return std::list{i, i}; });
    auto arrays = range(0, 2) | flat_map([](int i) { return std::array{i, i}; });
    auto views = range(0, 2) | flat_map([](int i) { return std::views::iota(i, i + 2); });

    EXPECT_EQ(collect(ctx, std::move(lists)).items, (std::vector{0, 0, 1, 1}));
    EXPECT_EQ(collect(ctx, std::move(arrays)).items, (std::vector{0, 0, 1, 1}));
    EXPECT_EQ(collect(ctx, std::move(views)).items, (std::vector{0, 1, 1, 2}));
}

TEST_F(flat_map_test, may_be_moved_in_the_middle_of_a_container) {
    auto s = from_range({std::string("ab")}) | flat_map([](std::string text) { return text; });
    EXPECT_EQ(*s.try_next(), 'a');

    auto moved = std::move(s);

    EXPECT_EQ(collect(ctx, std::move(moved)).items, std::vector{'b'});
}

TEST_F(flat_map_test, gives_the_rest_of_a_container_without_waiting_for_upstream) {
    auto s = upstream().item(2).hang() |
             flat_map([](int n) { return std::vector(static_cast<std::size_t>(n), n); });
    EXPECT_EQ(*s.try_next(), 2);

    EXPECT_EQ(wait(ctx, s), error_code());
    EXPECT_EQ(*s.try_next(), 2);
    EXPECT_EQ(wait(ctx, s), std::nullopt);
}

} // namespace
} // namespace streamx::testing
