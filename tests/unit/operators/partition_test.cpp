#include <streamx/operators/partition.hpp> // first, so this file also proves the header stands alone

#include <streamx/channels/dump_graph.hpp>
#include <streamx/operators/on.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using ints = std::vector<int>;

const auto itself = [](int i) { return i; };

struct partition_test : ::testing::Test {
    asio::io_context ctx;
    observer seen;
    ints undelivered;
    script_source<int> upstream() { return script_source<int>(ctx.get_executor(), seen); }

    void run() {
        ctx.restart();
        ctx.poll();
    }
};

TEST_F(partition_test, gives_the_items_of_a_key_to_one_stream_in_order) {
    auto p = range(0, 9) | on(ctx) | partition(3, itself);
    ASSERT_EQ(p.size(), 3u);

    EXPECT_EQ(collect(ctx, p[1]).items, (ints{1, 4, 7}));
    EXPECT_EQ(collect(ctx, p[2]).items, (ints{2, 5, 8}));
    EXPECT_EQ(collect(ctx, p[0]).items, (ints{0, 3, 6}));
}

TEST_F(partition_test, goes_by_the_hash_of_a_key_that_is_no_integer) {
    const std::vector<std::string> words{"one", "two", "three", "two", "one", "two"};
    auto p = from_range(words) | on(ctx) | partition(4, [](const std::string& s) { return s; });

    for (std::size_t i = 0; i != p.size(); ++i)
        for (const auto& word : collect(ctx, p[i]).items)
            EXPECT_EQ(std::hash<std::string>()(word) % 4, i);
}

TEST_F(partition_test, counts_negative_keys_down_from_the_last) {
    auto p = from_range(ints{-1, -1, -2, -9, 3}) | on(ctx) | partition(3, itself);

    EXPECT_EQ(collect(ctx, p[2]).items, (ints{-1, -1}));
    EXPECT_EQ(collect(ctx, p[1]).items, ints{-2});
    EXPECT_EQ(collect(ctx, p[0]).items, (ints{-9, 3}));
}

TEST_F(partition_test, takes_integers_of_any_size) {
    using limits = std::numeric_limits<std::int64_t>;
    auto p = from_range(ints{0}) | on(ctx) | partition(2, [](int) { return limits::min(); });
    EXPECT_EQ(collect(ctx, p[0]).items, ints{0});
    auto q = from_range(ints{0}) | on(ctx) | partition(2, [](int) { return limits::max(); });
    EXPECT_EQ(collect(ctx, q[1]).items, ints{0});
}

TEST_F(partition_test, tells_of_each_stream_and_shows_it_under_a_name) {
    auto p = range(0, 9) | on(ctx) | partition(2, itself, {.capacity = 2, .name = "part"});
    EXPECT_EQ(next(ctx, p[1]).value.value(), 1);

    EXPECT_EQ(p[1].stats().received, 1u);
    EXPECT_EQ(p[0].stats().sent, 2u);
    const auto graph = dump_graph(ctx);
    EXPECT_NE(graph.find("part 0: 2 of 2 items\n  sender: waiting for room"), std::string::npos)
        << graph;
    EXPECT_NE(graph.find("part 1: "), std::string::npos) << graph;
}

TEST_F(partition_test, is_held_back_by_a_stream_that_is_full) {
    auto p = range(0, 9) | on(ctx) | partition(2, [](int i) { return i < 5; }, {.capacity = 2});

    EXPECT_EQ(collect(ctx, p[0]).items, ints{});
    EXPECT_EQ(p[1].size(), 2u);
    for (int i : {0, 1, 2})
        EXPECT_EQ(next(ctx, p[1]).value.value(), i);
    EXPECT_EQ(p[1].size(), 2u) << "3 and 4: it has gone on";
    run();
    EXPECT_EQ(collect(ctx, p[0]).items, (ints{5, 6, 7, 8}));
    EXPECT_EQ(collect(ctx, p[1]).items, (ints{3, 4}));
}

TEST_F(partition_test, asks_upstream_for_nothing_before_a_stream_is_asked) {
    auto p = upstream().item(1).end() | partition(2, itself);
    run();

    EXPECT_EQ(seen.pulls(), 0u);
}

TEST_F(partition_test, hands_over_what_is_for_a_stream_that_is_gone) {
    auto p = range(0, 6) | on(ctx) |
             partition(2, itself, {.capacity = 1}, [this](int i) { undelivered.push_back(i); });
    EXPECT_EQ(next(ctx, p[0]).value.value(), 0);
    run(); // 1 and 2 are in their streams, 3 waits

    p.pop_back();

    EXPECT_EQ(collect(ctx, p[0]).items, (ints{2, 4}));
    EXPECT_EQ(undelivered, (ints{1, 3, 5}));
}

TEST_F(partition_test, fails_the_others_when_a_stream_is_gone_if_told_so) {
    auto p = upstream().item(0).item(1).item(2).end() |
             partition(2, itself, {.when_dropped = when_dropped::fail}, [this](int i) {
                 undelivered.push_back(i);
             });
    p.pop_back();

    auto got = collect(ctx, p[0]);

    EXPECT_EQ(got.items, ints{0});
    EXPECT_EQ(got.ec, errc::closed);
    EXPECT_EQ(undelivered, ints{1}) << "the one that it failed at";
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(partition_test, hands_over_once_what_waited_for_a_stream_that_goes) {
    auto p =
        range(0, 6) | on(ctx) |
        partition(2, itself, {.capacity = 1, .when_dropped = when_dropped::fail}, [this](int i) {
            undelivered.push_back(i);
        });
    EXPECT_EQ(next(ctx, p[0]).value.value(), 0);
    run(); // 1 and 2 are in their streams, 3 waits

    p.pop_back();

    EXPECT_EQ(collect(ctx, p[0]).ec, errc::closed);
    EXPECT_EQ(undelivered, (ints{1, 3}));
}

TEST_F(partition_test, fails_every_stream_after_what_it_has) {
    auto p = upstream().item(0).item(1).fail(asio::error::eof) | partition(3, itself);

    for (int i : {0, 1, 2}) {
        auto got = collect(ctx, p[i]);
        EXPECT_EQ(got.items.size(), i == 2 ? 0u : 1u);
        EXPECT_EQ(got.ec, asio::error::eof);
    }
}

TEST_F(partition_test, fails_every_stream_with_what_the_key_throws) {
    auto p = upstream().item(0).item(7).item(1).end() |
             partition(2, [](int i) { return i == 7 ? throw std::runtime_error("no key") : i; });

    EXPECT_EQ(collect(ctx, p[1]).what, "no key");
    auto got = collect(ctx, p[0]);
    EXPECT_EQ(got.items, ints{0});
    EXPECT_EQ(got.what, "no key");
    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(partition_test, lets_go_of_upstream_when_all_streams_are_gone) {
    {
        auto p = upstream().item(0).hang() | partition(2, itself);
        EXPECT_EQ(next(ctx, p[0]).value.value(), 0);
    }
    run();

    EXPECT_EQ(seen.live(), 0u);
}

TEST_F(partition_test, refuses_0_and_names_the_parameter) {
    const auto message = [](auto make) -> std::string {
        try {
            static_cast<void>(make());
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return "accepted";
    };
    EXPECT_EQ(message([] { return partition(0, itself); }), "partition: number must be at least 1");
    EXPECT_EQ(
        message([] { return partition(1, itself, {.capacity = 0}); }),
        "partition: capacity must be at least 1");
}

} // namespace
} // namespace streamx::testing
