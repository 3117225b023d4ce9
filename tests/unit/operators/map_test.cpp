#include <streamx/operators/map.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct map_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(map_test, transforms_each_item_in_order) {
    auto s =
        upstream().item(1).pending().item(2).end() | map([](int i) { return std::to_string(i); });

    auto got = collect(ctx, std::move(s));

    EXPECT_EQ(got.items, (std::vector<std::string>{"1", "2"}));
    EXPECT_TRUE(got.ended);
}

TEST_F(map_test, forwards_an_upstream_error_without_calling_the_function) {
    int calls = 0;
    auto s = upstream().fail(asio::error::eof) | map([&](int) { return ++calls; });

    EXPECT_EQ(collect(ctx, std::move(s)).ec, asio::error::eof);
    EXPECT_EQ(calls, 0);
}

TEST_F(map_test, hands_the_functions_own_exception_to_the_caller) {
    for (int bad : {1, 2, 3}) {
        SCOPED_TRACE(bad);
        auto s = upstream().item(1).item(2).item(3).end() |
                 map([bad](int i) { return i == bad ? throw std::runtime_error("boom") : i; });

        auto got = collect(ctx, s);

        EXPECT_EQ(got.items.size(), static_cast<std::size_t>(bad - 1));
        EXPECT_EQ(got.what, "boom");
        EXPECT_EQ(seen.live(), 0U);
        EXPECT_TRUE(collect(ctx, s).ended);
    }
}

TEST_F(map_test, calls_a_member_of_the_item) {
    struct entry {
        int level;
        int twice() const { return 2 * level; }
    };

    auto data = from_range({entry{1}, entry{2}}) | map(&entry::level);
    auto function = from_range({entry{1}, entry{2}}) | map(&entry::twice);

    EXPECT_EQ(collect(ctx, std::move(data)).items, (std::vector{1, 2}));
    EXPECT_EQ(collect(ctx, std::move(function)).items, (std::vector{2, 4}));
}

TEST_F(map_test, gives_values_where_the_function_gives_references) {
    const std::string text = "x";
    auto s = upstream() | map([&](int) -> const std::string& { return text; });

    static_assert(std::is_same_v<item_t<decltype(s)>, std::string>);
}

TEST_F(map_test, may_change_its_state_and_hold_what_cannot_be_copied) {
    auto s = upstream().item(1).item(2) |
             map([n = std::make_unique<int>(0)](int i) mutable { return i + 10 * ++*n; });

    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector{11, 22}));
}

TEST_F(map_test, moves_each_item_into_the_function_and_copies_nothing) {
    item_counts counts;
    std::vector<counted_item> items;
    items.emplace_back(7, counts);
    auto s = from_range(std::move(items)) | map([](counted_item i) { return i; });

    EXPECT_EQ(*s.try_next(), 7);
    EXPECT_EQ(counts.copies, 0U);
}

TEST_F(map_test, costs_no_memory_for_a_function_without_state) {
    auto s = upstream() | map([](int i) { return i; });

    EXPECT_EQ(sizeof(s), sizeof(upstream()) + sizeof(detail::stream_base));
}

} // namespace
} // namespace streamx::testing
