#include <streamx/operators/zip.hpp> // first, so this file also proves the header stands alone

#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct zip_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(zip_test, gives_rows_of_one_item_each) {
    auto got = collect(ctx, zip(range(0, 2), from_range({'a', 'b'}), range(5L, 9L)));

    EXPECT_EQ(got.items, (std::vector<std::tuple<int, char, long>>{{0, 'a', 5}, {1, 'b', 6}}));
}

TEST_F(zip_test, ends_with_the_shortest_whichever_it_is) {
    EXPECT_EQ(collect(ctx, zip(range(0, 2), range(0, 5))).items.size(), 2u);
    EXPECT_EQ(collect(ctx, zip(range(0, 5), range(0, 2))).items.size(), 2u);
}

TEST_F(zip_test, waits_for_all_that_have_no_item_at_once) {
    auto s = zip(upstream().pending().item(1).end(), upstream().pending().pending().item(2).end());

    EXPECT_TRUE(s.try_next().is_pending());
    EXPECT_EQ(wait(ctx, s), error_code());
    EXPECT_EQ(seen.waits(), 2u);
    EXPECT_EQ(collect(ctx, std::move(s)).items, (std::vector<std::tuple<int, int>>{{1, 2}}));
    EXPECT_EQ(seen.misuses(), 0u);
}

TEST_F(zip_test, ends_although_another_input_hangs) {
    auto got = collect(ctx, zip(upstream().hang(), upstream().pending().end()));

    EXPECT_TRUE(got.ended);
}

TEST_F(zip_test, fails_although_another_input_hangs) {
    auto got = collect(ctx, zip(upstream().hang(), upstream().pending().fail(asio::error::eof)));

    EXPECT_EQ(got.ec, asio::error::eof);
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(zip_test, keeps_what_has_come_of_a_row_when_its_wait_is_cancelled) {
    auto s = zip(upstream().item(1).item(2).end(), upstream().pending().pending().item(3).hang());
    EXPECT_TRUE(s.try_next().is_pending());
    asio::cancellation_signal stop;
    s.async_wait(asio::bind_cancellation_slot(stop.slot(), [](error_code) {}));
    stop.emit(asio::cancellation_type::total);

    auto moved = std::move(s); // while the inputs are waited for

    EXPECT_EQ(collect(ctx, moved).items, (std::vector<std::tuple<int, int>>{{1, 3}}));
    EXPECT_EQ(seen.misuses(), 0u);
}

TEST_F(zip_test, passes_on_items_that_only_move) {
    std::vector<std::unique_ptr<int>> items;
    items.push_back(std::make_unique<int>(7));
    auto got = collect(ctx, zip(from_range(std::move(items)), range(0, 9)));

    EXPECT_EQ(*std::get<0>(got.items.at(0)), 7);
}

} // namespace
} // namespace streamx::testing
