#include <streamx/operators/group_by.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/dump_graph.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;
using ints = std::vector<int>;
using groups = group_by_stream<int, int>;

const auto last_digit = [](int i) { return i % 10; };

struct group_by_test : ::testing::Test {
    asio::io_context ctx;
    virtual_clock clock{ctx};
    observer seen;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }

    /// Asks for the next group, which there has to be.
    std::pair<int, group_stream<int>> next_group(groups& g) {
        auto got = next(clock, g);
        if (!got.value || !*got.value)
            throw std::runtime_error("there is no group: " + got.what);
        return **std::move(got.value);
    }
};

asio::awaitable<void> consume(group_stream<int> items, ints& to, std::string& end) {
    try {
        while (auto item = co_await items.next())
            to.push_back(*item);
        end = "end";
    } catch (const std::exception& e) {
        end = e.what();
    }
}

/// Takes the groups and begins to consume each at once.
asio::awaitable<void> consume_all(groups g, std::map<int, ints>& items, std::string& end) {
    auto ex = co_await asio::this_coro::executor;
    std::map<int, std::string> ends;
    while (auto group = co_await g.next())
        asio::co_spawn(
            ex,
            consume(std::move(group->second), items[group->first], ends[group->first]),
            asio::detached);
    end = "end";
    for (auto& [key, how] : ends)
        end += ' ' + how;
}

TEST_F(group_by_test, groups_are_shown_under_a_name_and_count) {
    auto g = from_range(ints{7, 17, 8}) | on(ctx) | group_by(last_digit, 10, {.name = "digits"});
    auto seven = next_group(g).second;
    auto eight = next_group(g).second;

    EXPECT_EQ(seven.stats().sent, 2u);
    const auto graph = dump_graph(ctx);
    EXPECT_NE(graph.find("digits 0: 2 of 16"), std::string::npos) << graph;
    EXPECT_NE(graph.find("digits 1: 1 of 16"), std::string::npos) << graph;
}

TEST_F(group_by_test, gives_each_key_a_stream_of_its_items_in_order) {
    std::map<int, ints> items;
    std::string end;
    auto up = upstream().item(1).item(2).pending().item(11).item(21).pending().item(12).end();
    asio::co_spawn(
        ctx, consume_all(std::move(up) | group_by(last_digit, 9), items, end), asio::detached);
    clock.run();

    EXPECT_EQ(items, (std::map<int, ints>{{1, {1, 11, 21}}, {2, {2, 12}}}));
    EXPECT_EQ(end, "end end end");
    EXPECT_EQ(seen.live(), 0u);
    EXPECT_EQ(seen.misuses(), 0u);
}

TEST_F(group_by_test, lets_the_capacity_be_used_up_before_a_consumer_has_begun) {
    std::map<int, ints> items;
    std::string end;
    asio::co_spawn(
        ctx,
        consume_all(
            range(0, 5000) | on(ctx) | group_by(last_digit, 10, {.capacity = 1}), items, end),
        asio::detached);
    clock.run();

    ASSERT_EQ(items.size(), 10u);
    for (auto& [key, of_key] : items)
        EXPECT_EQ(of_key.size(), 500u) << key;
    EXPECT_EQ(clock.elapsed(), 0s) << "it has waited for its patience";
}

TEST_F(group_by_test, fails_all_with_one_key_more_than_there_may_be_groups) {
    auto g = upstream().item(1).item(2).item(11).item(3).end() | group_by(last_digit, 2);
    auto one = next_group(g);
    auto two = next_group(g);

    auto got = collect(clock, one.second);
    EXPECT_EQ(got.items, (ints{1, 11}));
    EXPECT_EQ(got.ec, errc::too_many_groups);
    EXPECT_EQ(collect(clock, two.second).ec, errc::too_many_groups);
    EXPECT_EQ(collect(clock, g).ec, errc::too_many_groups);
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(group_by_test, has_room_for_another_key_when_a_group_is_gone) {
    auto up = upstream();
    for (int i : {1, 2, 3, 1, 2})
        up.item(i).pending();
    auto g = std::move(up) | group_by(last_digit, 1);
    ints keys;
    for (int i = 0; i != 5; ++i)
        keys.push_back(next_group(g).first); // and its stream is gone again

    EXPECT_EQ(keys, (ints{1, 2, 3, 1, 2}));
    EXPECT_TRUE(collect(clock, g).ended);
}

TEST_F(group_by_test, opens_a_key_again_whose_stream_is_gone_while_it_is_full) {
    auto g = from_range(ints{1, 11, 21}) | on(ctx) | group_by(last_digit, 1, {.capacity = 1});
    {
        auto first = next_group(g);
        EXPECT_EQ(next(clock, first.second).value.value(), 1);
    } // 11 waits

    auto again = next_group(g);
    EXPECT_EQ(again.first, 1);
    EXPECT_EQ(collect(clock, again.second).items, (ints{11, 21}));
}

TEST_F(group_by_test, reports_a_group_that_nobody_consumes_where_others_hang) {
    auto g = from_range(ints{1, 2, 12, 22, 11}) | on(ctx) |
             group_by(last_digit, 9, {.capacity = 2, .patience = 3s});
    auto one = next_group(g);
    EXPECT_EQ(next(clock, one.second).value.value(), 1);
    auto two = next_group(g); // never asked: 22 finds no room, and 11 is behind it

    auto got = collect(clock, one.second);
    EXPECT_EQ(got.items, ints{});
    EXPECT_EQ(got.ec, errc::group_not_consumed);
    EXPECT_EQ(clock.elapsed(), 3s);
    got = collect(clock, two.second);
    EXPECT_EQ(got.items, (ints{2, 12}));
    EXPECT_EQ(got.ec, errc::group_not_consumed);
    EXPECT_EQ(collect(clock, g).ec, errc::group_not_consumed);
}

TEST_F(group_by_test, reports_groups_that_nobody_even_takes) {
    auto g = from_range(ints{1, 2, 12, 11}) | on(ctx) | group_by(last_digit, 9, {.capacity = 1});
    auto one = next_group(g);
    EXPECT_EQ(next(clock, one.second).value.value(), 1);

    EXPECT_EQ(collect(clock, one.second).ec, errc::group_not_consumed);
    EXPECT_EQ(clock.elapsed(), 5s);
}

TEST_F(group_by_test, has_all_patience_with_a_consumer_that_is_slow) {
    auto g = from_range(ints{1, 11, 21, 2}) | on(ctx) |
             group_by(last_digit, 9, {.capacity = 1, .patience = 1s});
    auto one = next_group(g);
    EXPECT_EQ(next(clock, one.second).value.value(), 1); // 11 is in it, 21 waits

    clock.run_for(1h);

    EXPECT_EQ(next(clock, one.second).value.value(), 11);
    EXPECT_EQ(next_group(g).first, 2);
    EXPECT_EQ(next(clock, one.second).value.value(), 21);
}

TEST_F(group_by_test, goes_on_when_a_group_is_consumed_just_in_time) {
    auto g = from_range(ints{1, 11, 2}) | on(ctx) |
             group_by(last_digit, 9, {.capacity = 1, .patience = 3s});
    auto one = next_group(g);
    clock.run_for(2s);
    EXPECT_EQ(next(clock, one.second).value.value(), 1);
    clock.run_for(2s);

    EXPECT_EQ(next_group(g).first, 2);
    EXPECT_EQ(collect(clock, one.second).items, ints{11});
}

TEST_F(group_by_test, fails_groups_and_their_stream_with_what_upstream_and_the_key_throw) {
    auto of_upstream = upstream().item(1).fail(asio::error::eof) | group_by(last_digit, 9);
    auto of_key =
        upstream().item(1).item(7).end() |
        group_by([](int i) { return i == 7 ? throw std::runtime_error("no key") : i; }, 9);
    auto a = next_group(of_upstream);
    auto b = next_group(of_key);

    EXPECT_EQ(collect(clock, of_upstream).ec, asio::error::eof);
    EXPECT_EQ(collect(clock, of_key).what, "no key");
    auto got = collect(clock, a.second);
    EXPECT_EQ(got.items, ints{1});
    EXPECT_EQ(got.ec, asio::error::eof);
    EXPECT_EQ(collect(clock, b.second).what, "no key");
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(group_by_test, goes_on_with_the_groups_when_their_stream_is_gone) {
    std::optional g(upstream().item(1).pending().item(2).item(11).end() | group_by(last_digit, 9));
    auto one = next_group(*g);
    g.reset();

    EXPECT_EQ(collect(clock, one.second).items, (ints{1, 11}));
}

TEST_F(group_by_test, lets_go_of_upstream_when_all_is_gone) {
    {
        auto g = upstream().item(1).item(2).hang() | group_by(last_digit, 9);
        auto one = next_group(g); // 2 has a group that nobody takes
        EXPECT_EQ(seen.live(), 1u);
    }
    clock.run();

    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(group_by_test, refuses_0_and_names_the_parameter) {
    const auto message = [](auto make) -> std::string {
        try {
            static_cast<void>(make());
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return "accepted";
    };
    EXPECT_EQ(
        message([] { return group_by(last_digit, 0); }), "group_by: max_groups must be at least 1");
    EXPECT_EQ(
        message([] { return group_by(last_digit, 1, {.capacity = 0}); }),
        "group_by: capacity must be at least 1");
}

} // namespace
} // namespace streamx::testing
