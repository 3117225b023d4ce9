#include <streamx/operators/merge.hpp>
#include <streamx/operators/merge_all.hpp>
#include <streamx/operators/merge_prioritized.hpp>
#include <streamx/operators/merge_sorted.hpp>
#include <streamx/operators/race.hpp>
#include <streamx/operators/stream_map.hpp>

#include <streamx/core/any_stream.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/script_source.hpp>
#include <unit/operators/broken.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// The operators that give the items of several streams of one type: merge has a test of its own.

namespace streamx::testing {
namespace {

using ints = std::vector<int>;
using any = any_stream<int>;

struct merge_kin_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }
    script_source<any> streams() { return script_source<any>(ctx.get_executor()); }
    std::vector<any> two(any a, any b) {
        std::vector<any> both;
        both.push_back(std::move(a));
        both.push_back(std::move(b));
        return both;
    }
    void run() {
        ctx.restart();
        ctx.poll();
    }
    static std::exception_ptr boom(const char* what = "boom") {
        return std::make_exception_ptr(std::runtime_error(what));
    }
};

// merge(delay_errors)

TEST_F(merge_kin_test, delay_errors_goes_on_with_the_others_and_fails_in_the_end) {
    auto got = collect(
        ctx,
        merge(
            delay_errors,
            upstream().item(1).pending().fail(boom("first")),
            upstream().item(2).pending().pending().fail(boom("second")),
            upstream().pending().pending().pending().item(3).end()));

    EXPECT_EQ(got.items, (ints{1, 2, 3}));
    EXPECT_EQ(got.what, "first");
    EXPECT_EQ(seen.live(), 0U);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(merge_kin_test, delay_errors_releases_what_has_failed_at_once) {
    auto s = merge(delay_errors, two(upstream().fail(boom()), upstream().hang()));

    EXPECT_TRUE(collect(ctx, s).hung);

    EXPECT_EQ(seen.live(), 1U);
}

TEST_F(merge_kin_test, delay_errors_counts_the_failed_wait_of_an_input_as_its_failure) {
    auto got = collect(
        ctx,
        merge(
            delay_errors,
            broken(ctx.get_executor()),
            upstream().pending().pending().item(1).end(),
            broken(ctx.get_executor())));

    EXPECT_EQ(got.items, ints{1});
    EXPECT_EQ(got.ec, asio::error::connection_reset);
}

TEST_F(merge_kin_test, delay_errors_without_any_just_ends) {
    auto got = collect(ctx, merge(delay_errors, upstream().item(1).end(), upstream().end()));

    EXPECT_EQ(got.items, ints{1});
    EXPECT_TRUE(got.ended);
}

// merge_all

TEST_F(merge_kin_test, merge_all_takes_streams_as_they_come) {
    auto got = collect(
        ctx,
        merge_all(streams()
                      .item(upstream().item(1).pending().pending().item(2).end())
                      .pending()
                      .item(upstream().item(3).end())
                      .end()));

    EXPECT_EQ(got.items, (ints{1, 3, 2}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(merge_kin_test, merge_all_of_at_most_n_does_not_ask_the_next_before_one_has_ended) {
    auto s = streams()
                 .item(upstream().item(1).hang())
                 .item(upstream().item(2).end())
                 .item(upstream().item(3).end())
                 .end() |
             merge_all(2);

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, (ints{1, 2, 3}));
    EXPECT_TRUE(got.hung);
    auto one =
        streams().item(upstream().hang()).item(upstream().item(2).end()).end() | merge_all(1);
    EXPECT_TRUE(collect(ctx, one).items.empty());
    EXPECT_THROW((void)merge_all(0), std::invalid_argument);
}

TEST_F(merge_kin_test, merge_all_fails_with_any_of_them_and_releases_the_others) {
    for (bool outer : {false, true}) {
        auto up = streams()
                      .item(upstream().hang())
                      .item(outer ? any(upstream().hang()) : any(upstream().fail(boom())));
        outer ? up.fail(boom()) : up.hang();
        EXPECT_EQ(collect(ctx, merge_all(std::move(up))).what, "boom");
        EXPECT_EQ(seen.live(), 0U);
    }
}

// merge_prioritized

TEST_F(merge_kin_test, merge_prioritized_takes_the_first_that_has_something) {
    auto got = collect(
        ctx,
        merge_prioritized(
            upstream().item(1).pending().item(2).end(),
            upstream().item(11).item(12).pending().item(13).end(),
            upstream().item(21).end()));

    EXPECT_EQ(got.items, (ints{1, 11, 12, 21, 2, 13}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(merge_kin_test, merge_prioritized_asks_the_first_again_at_each_pull) {
    auto [a, b] = std::pair(upstream().pending().hang(), upstream().item(11).item(12).hang());
    a.item(1); // after the hang: never
    auto s = merge_prioritized(std::move(a), std::move(b));
    EXPECT_EQ(**next(ctx, s).value, 11);
    EXPECT_EQ(**next(ctx, s).value, 12);
    EXPECT_TRUE(collect(ctx, s).hung);
    EXPECT_EQ(seen.pulls(), 7U); // three of each, and one more of the first, whose gap was over
}

TEST_F(merge_kin_test, merge_prioritized_can_wait_after_an_item_and_at_its_end) {
    auto s = merge_prioritized(two(upstream().item(1).item(2).end(), upstream().hang()));
    EXPECT_EQ(*s.try_next(), 1);
    EXPECT_EQ(wait(ctx, s), error_code());
    EXPECT_EQ(*s.try_next(), 2);

    auto none = merge_prioritized(std::vector<any>());
    EXPECT_EQ(wait(ctx, none), error_code());
    EXPECT_TRUE(collect(ctx, none).ended);
}

// merge_sorted

TEST_F(merge_kin_test, merge_sorted_keeps_the_order) {
    auto got = collect(
        ctx,
        merge_sorted(
            upstream().item(1).pending().item(4).item(9).end(),
            upstream().item(2).item(3).pending().item(5).end(),
            upstream().end()));

    EXPECT_EQ(got.items, (ints{1, 2, 3, 4, 5, 9}));
    EXPECT_TRUE(got.ended);
}

TEST_F(
    merge_kin_test, merge_sorted_goes_by_a_comparison_and_by_the_order_of_the_streams_for_equals) {
    auto by_tens = [](int a, int b) { return a / 10 > b / 10; };
    auto got = collect(
        ctx,
        merge_sorted(
            by_tens,
            upstream().item(31).item(11).end(),
            upstream().item(32).item(22).end(),
            upstream().item(33).item(13).end()));

    EXPECT_EQ(got.items, (ints{31, 32, 33, 22, 11, 13}));
    auto of_list =
        merge_sorted(two(upstream().item(2).end(), upstream().item(3).end()), std::greater<>());
    EXPECT_EQ(collect(ctx, std::move(of_list)).items, (ints{3, 2}));
    EXPECT_TRUE(collect(ctx, merge_sorted(std::vector<any>())).ended);
}

TEST_F(merge_kin_test, merge_sorted_gives_nothing_while_one_might_have_less) {
    auto s = merge_sorted(upstream().item(1).hang(), upstream().item(2).item(3).hang());

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, ints{1});
    EXPECT_TRUE(got.hung);
}

TEST_F(merge_kin_test, merge_sorted_fails_with_what_the_comparison_throws) {
    auto less = [](int, int) -> bool { throw std::runtime_error("no order"); };

    auto got = collect(ctx, merge_sorted(less, upstream().item(1).end(), upstream().item(2).end()));

    EXPECT_EQ(got.what, "no order");
    EXPECT_EQ(seen.live(), 0U);
}

// race

TEST_F(merge_kin_test, race_is_the_first_that_gives_something_and_releases_the_others) {
    auto s = race(
        upstream().pending().pending().item(1).end(),
        upstream().pending().item(2).pending().item(3).end());
    EXPECT_EQ(**next(ctx, s).value, 2);
    EXPECT_EQ(seen.live(), 1U);

    auto got = collect(ctx, s);

    EXPECT_EQ(got.items, ints{3});
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.misuses(), 0U);
}

TEST_F(merge_kin_test, race_is_won_by_an_end_or_a_failure_as_well) {
    EXPECT_TRUE(collect(ctx, race(upstream().hang(), upstream().pending().end())).ended);
    EXPECT_EQ(
        collect(ctx, race(upstream().hang(), upstream().pending().fail(boom()))).what, "boom");
    EXPECT_EQ(
        collect(ctx, race(upstream().hang(), broken(ctx.get_executor()))).ec,
        asio::error::connection_reset);
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(merge_kin_test, race_of_any_number_and_of_none) {
    auto s = race(two(upstream().hang(), upstream().item(1).pending().item(2).end()));
    EXPECT_EQ(collect(ctx, std::move(s)).items, (ints{1, 2}));
    EXPECT_TRUE(collect(ctx, race(std::vector<any>())).ended);
}

// stream_map

using keyed = std::pair<std::string, int>;

TEST_F(merge_kin_test, stream_map_gives_items_with_the_key_of_their_stream) {
    stream_map<std::string, int> map(ctx.get_executor());
    EXPECT_TRUE(map.empty());
    EXPECT_TRUE(map.insert("a", upstream().item(1).pending().item(2).end()));
    EXPECT_TRUE(map.insert("b", upstream().item(3).end()));
    EXPECT_EQ(map.size(), 2U);
    map.close();
    EXPECT_FALSE(map.insert("c", upstream().hang()));

    auto got = collect(ctx, map);

    EXPECT_EQ(got.items, (std::vector<keyed>{{"a", 1}, {"b", 3}, {"a", 2}}));
    EXPECT_TRUE(got.ended);
    EXPECT_EQ(seen.live(), 0U);
    EXPECT_FALSE(map.insert("c", upstream().hang()));
    EXPECT_FALSE(map.erase("c"));
    EXPECT_EQ(map.size(), 0U);
}

TEST_F(merge_kin_test, stream_map_is_changed_while_a_pull_is_outstanding) {
    stream_map<std::string, int> map(ctx.get_executor());
    completion_probe<std::optional<keyed>> first, second, third;
    map.async_next(first.handler());
    run();
    EXPECT_EQ(first.calls(), 0);

    map.insert("a", upstream().item(1).hang());
    run();
    EXPECT_EQ(**first->value, keyed("a", 1));

    map.async_next(second.handler());
    run();
    EXPECT_TRUE(map.contains("a"));
    EXPECT_TRUE(map.erase("a"));
    EXPECT_FALSE(map.contains("a"));
    EXPECT_EQ(seen.live(), 0U);
    map.insert("b", upstream().pending().item(2).end());
    run();
    EXPECT_EQ(**second->value, keyed("b", 2));

    map.async_next(third.handler());
    run();
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(third.calls(), 0);
    map.close();
    run();
    EXPECT_EQ(third.calls(), 1);
    EXPECT_FALSE(third->failure);
    EXPECT_FALSE(third->value->has_value());
}

TEST_F(merge_kin_test, stream_map_puts_a_stream_in_the_place_of_one_with_the_same_key) {
    stream_map<int, int> map(ctx.get_executor());
    map.insert(1, upstream().hang());
    EXPECT_TRUE(collect(ctx, map).hung);

    map.insert(1, upstream().item(7).end());
    map.close();

    EXPECT_EQ(map.size(), 1U);
    EXPECT_EQ(collect(ctx, map).items, (std::vector<std::pair<int, int>>{{1, 7}}));
    EXPECT_EQ(seen.live(), 0U);
}

TEST_F(merge_kin_test, stream_map_closed_and_then_emptied_ends_its_waiter) {
    stream_map<int, int> map(ctx.get_executor());
    map.insert(1, upstream().hang());
    map.close();
    completion_probe<std::optional<std::pair<int, int>>> p;
    map.async_next(p.handler());
    run();

    map.erase(1);
    run();

    EXPECT_EQ(p.calls(), 1);
    EXPECT_FALSE(p->failure);
}

TEST_F(merge_kin_test, stream_map_takes_any_number_of_changes) {
    stream_map<int, int> map(ctx.get_executor());
    int given = 0;
    for (int round = 0; round != 200; ++round) {
        for (int k = 0; k != 3; ++k)
            map.insert(k, upstream().pending().item(k).end());
        map.erase(round % 3);
        auto got = collect(ctx, map);
        given += static_cast<int>(got.items.size());
        EXPECT_TRUE(got.hung);
    }
    EXPECT_EQ(given, 400);
    EXPECT_EQ(seen.live(), 0U);
}

} // namespace
} // namespace streamx::testing
