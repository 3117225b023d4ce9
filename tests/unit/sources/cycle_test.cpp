#include <streamx/sources/cycle.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/channel.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/sources/just.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <array>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct cycle_test : ::testing::Test {
    asio::io_context ctx;

    template <class S>
    std::vector<item_t<S>> five_of(S s) {
        std::vector<item_t<S>> got;
        for (int i = 0; i != 5; ++i)
            got.push_back(*s.try_next());
        return got;
    }
};

TEST_F(cycle_test, gives_the_elements_over_and_over) {
    EXPECT_EQ(five_of(cycle(std::vector{1, 2})), (std::vector{1, 2, 1, 2, 1}));
    EXPECT_EQ(five_of(cycle(std::array{7})), (std::vector{7, 7, 7, 7, 7}));
}

TEST_F(cycle_test, of_an_empty_range_ends_at_once) {
    auto got = collect(ctx, cycle(std::vector<int>()));

    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(got.ended);
}

TEST_F(cycle_test, copies_a_container_that_is_given_as_an_lvalue) {
    std::vector mine{1, 2};
    auto s = cycle(mine);
    mine[0] = 9;

    EXPECT_EQ(five_of(std::move(s)), (std::vector{1, 2, 1, 2, 1}));
}

TEST_F(cycle_test, of_a_view_looks_at_its_elements_each_time) {
    std::vector mine{1, 2};
    auto s = cycle(std::span(mine));
    EXPECT_EQ(*s.try_next(), 1);
    mine[0] = 9;

    EXPECT_EQ(five_of(std::move(s)), (std::vector{2, 9, 2, 9, 2}));
}

TEST_F(cycle_test, copies_an_element_once_and_no_more) {
    item_counts counts;
    std::vector<counted_item> items;
    items.emplace_back(7, counts);
    auto s = cycle(std::move(items));

    for (int i = 0; i != 3; ++i)
        EXPECT_EQ(*s.try_next(), 7);

    EXPECT_EQ(counts.copies, 3U);
}

TEST_F(cycle_test, can_be_moved_in_the_middle) {
    auto s = cycle(std::string("ab")); // whose characters lie inside it
    EXPECT_EQ(*s.try_next(), 'a');
    auto moved = std::move(s);

    EXPECT_EQ(*moved.try_next(), 'b');
    EXPECT_EQ(*moved.try_next(), 'a');
}

TEST_F(cycle_test, gives_the_items_of_a_stream_over_and_over) {
    EXPECT_EQ(five_of(cycle(range(1, 3))), (std::vector{1, 2, 1, 2, 1}));
}

TEST_F(cycle_test, each_round_is_a_copy_of_the_stream_as_it_was_given) {
    auto numbered = just(0, 0) | map([n = 0](int) mutable { return ++n; });

    EXPECT_EQ(five_of(cycle(numbered)), (std::vector{1, 2, 1, 2, 1}));
}

TEST_F(cycle_test, a_round_without_an_item_ends_it) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 3);
    tx.try_send(1);
    tx.try_send(2);
    tx.close(); // what is in it can be received once

    auto got = collect(ctx, cycle(rx));

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_TRUE(got.ended);
    EXPECT_TRUE(collect(ctx, cycle(range(3, 3))).ended);
}

TEST_F(cycle_test, waits_where_its_stream_does) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 3);
    auto s = cycle(std::move(rx));
    EXPECT_TRUE(collect(ctx, s).hung);

    tx.try_send(1);

    EXPECT_EQ(collect(ctx, s).items, std::vector{1});
}

TEST_F(cycle_test, the_first_failure_of_a_stream_is_its_own) {
    auto got = collect(ctx, cycle(range(0, 3) | map([left = 2](int i) mutable {
                                      return left-- == 0 ? throw std::runtime_error("boom") : i;
                                  })));

    EXPECT_EQ(got.items, (std::vector{0, 1}));
    EXPECT_EQ(got.what, "boom");
}

} // namespace
} // namespace streamx::testing
