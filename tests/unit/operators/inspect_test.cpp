#include <streamx/operators/inspect.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/items.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct inspect_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    std::vector<int> shown;

    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    auto show() {
        return inspect([this](int i) { shown.push_back(i); });
    }
};

TEST_F(inspect_test, shows_each_item_and_passes_it_on) {
    auto got = collect(ctx, upstream().item(1).pending().item(2).end() | show());

    EXPECT_EQ(got.items, (std::vector{1, 2}));
    EXPECT_EQ(shown, (std::vector{1, 2}));
    EXPECT_TRUE(got.ended);
}

TEST_F(inspect_test, shows_an_item_when_it_is_pulled_and_not_before) {
    auto s = upstream().item(1).item(2) | show();

    EXPECT_EQ(*s.try_next(), 1);

    EXPECT_EQ(shown, std::vector{1});
}

TEST_F(inspect_test, shows_neither_end_nor_failure) {
    EXPECT_EQ(collect(ctx, upstream().fail(asio::error::eof) | show()).ec, asio::error::eof);
    EXPECT_TRUE(collect(ctx, upstream().end() | show()).ended);

    EXPECT_EQ(shown, std::vector<int>());
}

TEST_F(inspect_test, fails_with_what_the_function_throws) {
    auto s = upstream().item(1).item(2) | inspect([](int i) {
                 if (i == 2)
                     throw std::runtime_error("boom");
             });

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, std::vector{1});
    EXPECT_EQ(got.what, "boom");
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(inspect_test, shows_the_item_itself_and_lets_nobody_change_it) {
    item_counts counts;
    std::vector<counted_item> items;
    items.emplace_back(7, counts);
    auto s = from_range(std::move(items)) | inspect([](auto& i) {
                 static_assert(std::is_same_v<decltype(i), const counted_item&>);
             });

    EXPECT_EQ(*s.try_next(), 7);
    EXPECT_EQ(counts.copies, 0U);
}

TEST_F(inspect_test, ignores_what_the_function_returns) {
    auto s = upstream().item(1) | inspect([](int i) { return i + 1; });

    EXPECT_EQ(collect(ctx, std::move(s)).items, std::vector{1});
}

} // namespace
} // namespace streamx::testing
