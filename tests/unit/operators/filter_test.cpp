#include <streamx/operators/filter.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct filter_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    static auto even() {
        return filter([](int i) { return i % 2 == 0; });
    }
};

TEST_F(filter_test, passes_on_the_items_that_satisfy_the_predicate) {
    auto s = upstream().item(1).item(2).pending().item(3).item(4).end() | even();

    auto got = collect(ctx, std::move(s));

    EXPECT_EQ(got.items, (std::vector{2, 4}));
    EXPECT_TRUE(got.ended);
}

TEST_F(filter_test, ends_when_nothing_satisfies_it) {
    auto got = collect(ctx, upstream().item(1).item(3).end() | even());

    EXPECT_EQ(got.items, std::vector<int>());
    EXPECT_TRUE(got.ended);
}

TEST_F(filter_test, goes_on_waiting_when_what_came_was_dropped) {
    auto s = upstream().item(1).pending().item(3).pending().item(4) | even();

    EXPECT_TRUE(s.try_next().is_pending());
    EXPECT_EQ(**next(ctx, s).value, 4);
}

TEST_F(filter_test, forwards_an_upstream_error) {
    auto got = collect(ctx, upstream().item(1).item(2).fail(asio::error::eof) | even());

    EXPECT_EQ(got.items, std::vector{2});
    EXPECT_EQ(got.ec, asio::error::eof);
}

TEST_F(filter_test, fails_with_what_the_predicate_throws) {
    for (int bad : {1, 2, 3}) {
        SCOPED_TRACE(bad);
        auto s = upstream().item(1).item(2).item(3).end() | filter([bad](int i) {
                     return i == bad ? throw std::runtime_error("boom") : true;
                 });

        auto got = collect(ctx, s);

        EXPECT_EQ(got.items.size(), static_cast<std::size_t>(bad - 1));
        EXPECT_EQ(got.what, "boom");
        EXPECT_EQ(seen.live(), 0U);
    }
}

TEST_F(filter_test, shows_the_predicate_each_item_and_neither_moves_it_there_nor_copies_it) {
    item_counts counts;
    std::vector<counted_item> items;
    items.emplace_back(7, counts);
    auto s =
        from_range(std::move(items)) | filter([](const counted_item& i) { return i.value() == 7; });

    EXPECT_EQ(*s.try_next(), 7);
    EXPECT_EQ(counts.copies, 0U);
}

TEST_F(filter_test, takes_a_member_for_a_predicate) {
    struct entry {
        int id;
        bool wanted;
    };
    auto s = from_range({entry{1, false}, entry{2, true}}) | filter(&entry::wanted);

    EXPECT_EQ(s.try_next()->id, 2);
}

TEST_F(filter_test, is_pending_now_and_then_though_all_items_are_dropped) {
    auto s = from_range(std::vector(100'000, 1)) | even();

    EXPECT_TRUE(s.try_next().is_pending());
}

} // namespace
} // namespace streamx::testing
