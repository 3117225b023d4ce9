#include <streamx/operators/combine_latest.hpp>
#include <streamx/operators/conflate.hpp>
#include <streamx/operators/drop_until.hpp>
#include <streamx/operators/take_until.hpp>
#include <streamx/operators/with_latest_from.hpp>
#include <streamx/operators/zip_latest.hpp>

#include <streamx/channels/channel.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

// What goes by the latest item, or the first one, of another stream.

namespace streamx::testing {
namespace {

using ints = std::vector<int>;
using row = std::tuple<int, char>;
using rows = std::vector<row>;
using pairs = std::vector<std::pair<int, char>>;

struct latest_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> numbers() { return script_source<int>(ctx.get_executor(), seen); }
    script_source<char> letters() { return script_source<char>(ctx.get_executor(), seen); }
    static std::exception_ptr boom() { return std::make_exception_ptr(std::runtime_error("boom")); }
    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(latest_test, combine_latest_gives_a_row_an_item_once_all_have_one_and_ends_with_the_last) {
    auto got = collect(
        ctx,
        combine_latest(
            numbers().item(1).item(2).end(),
            letters().pending().item('a').pending().pending().item('b').end()));

    EXPECT_EQ(got.items, (rows{{2, 'a'}, {2, 'b'}}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.live(), 0U);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(latest_test, combine_latest_ends_at_once_when_one_has_ended_without_an_item) {
    EXPECT_TRUE(collect(ctx, combine_latest(numbers().item(1).hang(), letters().end())).ended);
}

TEST_F(latest_test, combine_latest_of_one_that_always_has_something_waits_for_the_other_too) {
    auto [tx, rx] = make_channel<char>(ctx.get_executor(), 1);
    auto s = combine_latest(range(0, 1'000'000), std::move(rx));
    EXPECT_TRUE(s.try_next().is_pending());
    tx.try_send('a');

    auto got = next(ctx, s);

    ASSERT_TRUE(got.value && *got.value);
    EXPECT_EQ(std::get<1>(**got.value), 'a');
    tx.try_send('b');
    for (int i = 0; i != 1000 && std::get<1>(**got.value) == 'a'; ++i)
        got = next(ctx, s);
    EXPECT_EQ(std::get<1>(**got.value), 'b');
}

TEST_F(latest_test, combine_latest_fails_with_any_of_them) {
    auto got =
        collect(ctx, combine_latest(numbers().item(1).hang(), letters().item('a').fail(boom())));

    EXPECT_EQ(got.items, (rows{{1, 'a'}}));
    EXPECT_EQ(got.what, "boom");
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(latest_test, zip_latest_ends_with_the_first) {
    auto got = collect(
        ctx,
        zip_latest(
            numbers().item(1).pending().item(2).pending().pending().item(3).hang(),
            letters().item('a').pending().pending().end()));

    EXPECT_EQ(got.items, (rows{{1, 'a'}, {2, 'a'}}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(latest_test, with_latest_from_pairs_each_item_with_the_latest_of_the_other) {
    auto [tx, rx] = make_channel<char>(ctx.get_executor(), 4);
    auto up = make_channel<int>(ctx.get_executor(), 4);
    auto s = std::move(up.rx) | with_latest_from(std::move(rx));
    up.tx.try_send(1);
    EXPECT_TRUE(collect(ctx, s).items.empty());

    tx.try_send('a');
    tx.try_send('b');
    up.tx.try_send(2);
    EXPECT_EQ(collect(ctx, s).items, (pairs{{2, 'b'}}));
    tx.try_send('c');
    tx.close();
    up.tx.try_send(3);
    up.tx.try_send(4);
    up.tx.close();
    auto got = collect(ctx, s);
    EXPECT_EQ(got.items, (pairs{{3, 'c'}, {4, 'c'}}));
    EXPECT_TRUE(got.ended);
}

TEST_F(latest_test, with_latest_from_takes_from_the_other_while_it_waits) {
    auto [tx, rx] = make_channel<char>(ctx.get_executor(), 1);
    auto s = numbers().hang() | with_latest_from(std::move(rx));
    completion_probe<std::optional<std::pair<int, char>>> p;
    s.async_next(p.handler());
    for (int i = 0; i != 9; ++i) {
        EXPECT_TRUE(tx.try_send('a'));
        run();
    }
}

TEST_F(latest_test, with_latest_from_fails_with_either) {
    EXPECT_EQ(
        collect(ctx, numbers().hang() | with_latest_from(letters().fail(boom()))).what, "boom");
    EXPECT_EQ(
        collect(ctx, numbers().fail(boom()) | with_latest_from(letters().hang())).what, "boom");
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(latest_test, take_until_ends_with_the_signals_item) {
    auto got = collect(
        ctx,
        numbers().item(1).pending().pending().item(2).hang() |
            take_until(letters().pending().pending().pending().pending().item('!').hang()));

    EXPECT_EQ(got.items, (ints{1, 2}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(latest_test, take_until_asks_the_signal_before_each_item) {
    auto [tx, rx] = make_channel<char>(ctx.get_executor(), 1);
    auto s = range(0, 9) | take_until(std::move(rx));
    EXPECT_EQ(*s.try_next(), 0);
    tx.try_send('!');
    EXPECT_TRUE(s.try_next().is_end());
}

TEST_F(latest_test, take_until_goes_on_without_a_signal_that_has_ended) {
    EXPECT_EQ(
        collect(ctx, numbers().pending().item(1).end() | take_until(letters().end())).items,
        ints{1});
    EXPECT_EQ(collect(ctx, numbers().hang() | take_until(letters().fail(boom()))).what, "boom");
}

TEST_F(latest_test, drop_until_drops_what_comes_before_the_signal) {
    auto [tx, rx] = make_channel<char>(ctx.get_executor(), 1);
    auto up = make_channel<int>(ctx.get_executor(), 4);
    auto s = std::move(up.rx) | drop_until(std::move(rx));
    up.tx.try_send(1);
    up.tx.try_send(2);
    EXPECT_TRUE(collect(ctx, s).items.empty());
    EXPECT_EQ(up.tx.size(), 0U);

    tx.try_send('!');
    up.tx.try_send(3);
    up.tx.try_send(4);
    up.tx.close();

    auto got = collect(ctx, s);
    EXPECT_EQ(got.items, (ints{3, 4}));
    EXPECT_TRUE(got.ended);
}

TEST_F(latest_test, drop_until_a_signal_that_never_comes_drops_all) {
    auto got = collect(ctx, range(0, 5000) | drop_until(letters().end()));

    EXPECT_TRUE(got.items.empty());
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(collect(ctx, numbers().hang() | drop_until(letters().fail(boom()))).what, "boom");
}

TEST_F(latest_test, conflate_folds_what_comes_between_two_pulls_and_never_holds_up_upstream) {
    auto [tx, rx] = make_channel<int>(ctx.get_executor(), 1);
    auto s = std::move(rx) | conflate(std::plus<>());
    tx.try_send(1);
    EXPECT_EQ(**next(ctx, s).value, 1);

    for (int i = 2; i != 102; ++i) {
        EXPECT_TRUE(tx.try_send(i)) << i;
        run();
    }

    EXPECT_EQ(**next(ctx, s).value, 101 * 102 / 2 - 1);
    tx.try_send(7);
    tx.close();
    auto got = collect(ctx, s);
    EXPECT_EQ(got.items, ints{7});
    EXPECT_TRUE(got.ended);
}

TEST_F(latest_test, conflate_gives_what_it_holds_before_a_failure) {
    auto got = collect(ctx, numbers().item(1).item(2).fail(boom()) | conflate(std::plus<>()));

    EXPECT_EQ(got.items, ints{3});
    EXPECT_EQ(got.what, "boom");
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(latest_test, conflate_fails_with_what_its_function_throws_wherever_it_is_called) {
    auto fails = [](int, int) -> int { throw std::runtime_error("no sum"); };
    EXPECT_EQ(collect(ctx, numbers().item(1).item(2).hang() | conflate(fails)).what, "no sum");

    auto s = numbers().item(1).pending().item(2).pending().item(3).hang() | conflate(fails);
    EXPECT_EQ(*s.try_next(), 1);
    run(); // between two pulls

    EXPECT_EQ(collect(ctx, s).what, "no sum");
    EXPECT_EQ(seen.live(), 0U);
}

} // namespace
} // namespace streamx::testing
