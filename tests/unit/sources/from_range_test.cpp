#include <streamx/sources/from_range.hpp> // first, so this file also proves the header stands alone

#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct from_range_test : ::testing::Test {
    asio::io_context ctx;
    item_counts counts;

    std::vector<counted_item> three() {
        std::vector<counted_item> v;
        v.reserve(3);
        for (int i : {1, 2, 3})
            v.emplace_back(i, counts);
        return v;
    }

    template <class S>
    std::vector<item_t<S>> items(S s) {
        auto got = collect(ctx, std::move(s));
        EXPECT_TRUE(got.ended);
        return std::move(got.items);
    }

    template <class S>
    static int sum(S s) {
        int total = 0;
        while (auto item = s.try_next())
            total += item->value();
        return total;
    }
};

TEST_F(from_range_test, gives_the_elements_in_order_and_ends) {
    EXPECT_EQ(items(from_range(std::vector{1, 2, 3})), (std::vector{1, 2, 3}));
    EXPECT_EQ(items(from_range(std::list<std::string>{"a", "b"})).back(), "b");
    EXPECT_EQ(items(from_range(std::vector<int>())).size(), 0U);
}

TEST_F(from_range_test, moves_the_elements_out_of_a_container_that_it_owns) {
    EXPECT_EQ(sum(from_range(three())), 6);
    EXPECT_EQ(counts.copies, 0U);
    EXPECT_EQ(counts.live, 0U);
}

TEST_F(from_range_test, copies_the_elements_of_a_view_and_leaves_them) {
    auto mine = three();

    EXPECT_EQ(sum(from_range(std::span(mine))), 6);

    EXPECT_EQ(counts.copies, 3U);
    EXPECT_EQ(mine[2], 3);
}

TEST_F(from_range_test, a_view_given_as_an_lvalue_is_a_view_still) {
    auto mine = three();
    auto view = std::span(mine);

    EXPECT_EQ(sum(from_range(view)), 6);

    EXPECT_EQ(mine[0], 1);
}

TEST_F(from_range_test, copies_a_container_that_is_given_as_an_lvalue) {
    auto mine = three();
    const auto& constant = mine;

    EXPECT_EQ(sum(from_range(mine)), 6);
    EXPECT_EQ(counts.copies, 3U);
    EXPECT_EQ(sum(from_range(constant)), 6);

    EXPECT_EQ(counts.copies, 6U);
    EXPECT_EQ(mine[0], 1);
}

TEST_F(from_range_test, takes_a_list_in_braces) {
    EXPECT_EQ(items(from_range({3, 1, 2})), (std::vector{3, 1, 2}));
    EXPECT_EQ(items(from_range<std::string>({"a", "b"})).back(), "b");
}

TEST_F(from_range_test, gives_move_only_elements) {
    std::vector<std::unique_ptr<int>> owners;
    owners.push_back(std::make_unique<int>(7));

    EXPECT_EQ(*items(from_range(std::move(owners))).front(), 7);
}

TEST_F(from_range_test, gives_what_a_lazy_view_makes) {
    auto squares = std::views::iota(1, 4) | std::views::transform([](int i) { return i * i; });

    EXPECT_EQ(items(from_range(squares)), (std::vector{1, 4, 9}));
}

TEST_F(from_range_test, gives_what_can_be_read_only_once) {
    std::istringstream in("1 2 3");

    EXPECT_EQ(items(from_range(std::views::istream<int>(in))), (std::vector{1, 2, 3}));
}

TEST_F(from_range_test, gives_the_pairs_of_a_map) {
    std::map<int, std::string> names{{1, "one"}, {2, "two"}};

    const auto got = items(from_range(std::move(names)));

    EXPECT_EQ(got.size(), 2U);
    EXPECT_EQ(got.back().second, "two");
}

TEST_F(from_range_test, what_was_not_taken_goes_with_the_stream) {
    auto s = std::make_optional(from_range(three()));
    EXPECT_EQ(*s->try_next(), 1);
    auto moved = std::make_optional(*std::move(s));
    EXPECT_EQ(*moved->try_next(), 2);

    moved.reset();

    EXPECT_EQ(counts.live, 0U);
}

TEST_F(from_range_test, fails_with_what_the_range_throws) {
    auto bad = std::views::iota(0, 3) | std::views::transform([](int i) {
                   return i == 2 ? throw std::runtime_error("boom") : i;
               });

    auto got = collect(ctx, from_range(bad));

    EXPECT_EQ(got.items, (std::vector{0, 1}));
    EXPECT_EQ(got.what, "boom");
}

TEST_F(from_range_test, gives_each_element_once_across_its_pauses) {
    std::vector<int> many(10'000);
    std::iota(many.begin(), many.end(), 0);

    EXPECT_EQ(items(from_range(many)), many);
}

} // namespace
} // namespace streamx::testing
