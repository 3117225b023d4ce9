#include <streamx/operators/unzip.hpp> // first, so this file also proves the header stands alone

#include <streamx/operators/enumerate.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

struct unzip_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
};

TEST_F(unzip_test, gives_each_half_its_items_in_order) {
    auto [numbers, letters] = from_range({'a', 'b'}) | enumerate() | unzip(8);

    EXPECT_EQ(collect(ctx, std::move(letters)).items, (std::vector{'a', 'b'}));
    EXPECT_EQ(collect(ctx, std::move(numbers)).items, (std::vector<std::size_t>{0, 1}));
}

TEST_F(unzip_test, lets_one_half_be_ahead_by_no_more_than_its_limit) {
    auto [first, second] = range(0, 9) | enumerate() | unzip(2);

    EXPECT_EQ(*second.try_next(), 0);
    EXPECT_EQ(*second.try_next(), 1);
    EXPECT_TRUE(second.try_next().is_pending());
    EXPECT_EQ(wait(ctx, second), std::nullopt);
    EXPECT_EQ(*first.try_next(), 0u);
    EXPECT_EQ(*second.try_next(), 2);
}

TEST_F(unzip_test, wakes_the_half_that_waits_for_its_sibling) {
    auto [first, second] = range(0, 9) | on(ctx) | enumerate() | unzip(1);
    EXPECT_EQ(*second.try_next(), 0);
    EXPECT_TRUE(second.try_next().is_pending());
    std::optional<error_code> woken;
    second.async_wait([&](error_code ec) { woken = ec; });
    ctx.poll();
    EXPECT_EQ(woken, std::nullopt);

    EXPECT_EQ(*first.try_next(), 0u);
    ctx.restart();
    ctx.poll();

    EXPECT_EQ(woken, error_code());
}

TEST_F(unzip_test, wakes_both_halves_when_a_pair_has_come_and_gives_each_its_part) {
    auto [first, second] = upstream().pending().item(7).hang() | enumerate() | unzip(1);
    int woken = 0;
    first.async_wait([&](error_code) { ++woken; });
    second.async_wait([&](error_code) { ++woken; });
    ctx.poll();

    EXPECT_EQ(woken, 2);
    EXPECT_EQ(seen.waits(), 1u);
    EXPECT_EQ(*second.try_next(), 7);
    EXPECT_EQ(*first.try_next(), 0u);
}

TEST_F(unzip_test, goes_on_with_one_half_when_the_other_is_gone) {
    std::optional both(range(0, 5) | on(ctx) | enumerate() | unzip(1));
    auto second = std::move(both->second);
    EXPECT_EQ(*second.try_next(), 0);
    EXPECT_TRUE(second.try_next().is_pending());

    both.reset();

    EXPECT_EQ(collect(ctx, std::move(second)).items, (std::vector{1, 2, 3, 4}));
}

TEST_F(unzip_test, fails_both_halves_each_after_its_items) {
    auto [first, second] = upstream().item(1).fail(asio::error::eof) | enumerate() | unzip(2);

    auto a = collect(ctx, std::move(second));
    auto b = collect(ctx, std::move(first));

    EXPECT_EQ(a.items, std::vector{1});
    EXPECT_EQ(a.ec, asio::error::eof);
    EXPECT_EQ(b.items, std::vector<std::size_t>{0});
    EXPECT_EQ(b.ec, asio::error::eof);
    EXPECT_EQ(seen.live(), 0u);
    EXPECT_EQ(seen.misuses(), 0u);
}

TEST_F(unzip_test, refuses_a_limit_of_0_and_names_the_parameter) {
    try {
        static_cast<void>(unzip(0));
        FAIL() << "accepted";
    } catch (const std::invalid_argument& e) {
        EXPECT_EQ(std::string(e.what()), "unzip: limit must be at least 1");
    }
}

} // namespace
} // namespace streamx::testing
