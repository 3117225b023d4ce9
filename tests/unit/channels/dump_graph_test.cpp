#include <streamx/channels/dump_graph.hpp> // first, so this file also proves the header stands alone

#include "broadcast_support.hpp"

#include <streamx/testing/virtual_clock.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace streamx::testing {
namespace {

using namespace std::chrono_literals;

struct dump_graph_test : channel_test {
    virtual_clock clock{ctx};

    auto channel(std::string name, std::size_t capacity = 2) {
        return make_channel<int>(
            ctx.get_executor(), {.capacity = capacity, .name = std::move(name)});
    }
};

TEST_F(dump_graph_test, shows_nothing_that_has_no_name) {
    auto c = make_channel<int>(ctx.get_executor(), 2);

    EXPECT_EQ(dump_graph(ctx), "");
    EXPECT_EQ(
        dump_graph(ctx, graph_format::dot),
        "digraph streamx {\n  rankdir=LR;\n  node [shape=box];\n}\n");
}

TEST_F(dump_graph_test, says_who_runs_and_since_when) {
    auto c = channel("orders");
    clock.run_for(1500ms);

    EXPECT_EQ(
        dump_graph(ctx),
        "orders: 0 of 2 items\n"
        "  sender: running for 1.500 s\n"
        "  receiver: running for 1.500 s\n");
}

TEST_F(dump_graph_test, says_who_waits_for_an_item_and_since_when) {
    auto c = channel("orders");
    received<int> got;
    clock.run_for(1s);
    c.rx.async_next(into(got));
    clock.run_for(250ms);

    EXPECT_EQ(
        dump_graph(ctx),
        "orders: 0 of 2 items\n"
        "  sender: running for 1.250 s\n"
        "  receiver: waiting for an item for 0.250 s\n");

    EXPECT_TRUE(c.tx.try_send(1));
    clock.run_for(3s);
    EXPECT_EQ(
        dump_graph(ctx),
        "orders: 0 of 2 items\n"
        "  sender: running for 4.250 s\n"
        "  receiver: running for 3.000 s\n");
}

TEST_F(dump_graph_test, says_who_waits_for_room_behind_whom) {
    auto c = channel("orders");
    auto second = c.tx;
    fill(c.tx, {1, 2});
    clock.run_for(1s);
    code first, next;
    c.tx.async_send(3, into(first));
    clock.run_for(2s);
    second.async_send(4, into(next)); // the wait of all began with the first
    clock.run_for(500ms);

    EXPECT_EQ(
        dump_graph(ctx),
        "orders: 2 of 2 items\n"
        "  2 senders: waiting for room behind receiver for 2.500 s\n"
        "  receiver: running for 3.500 s\n");
    EXPECT_EQ(
        dump_graph(ctx, graph_format::dot),
        "digraph streamx {\n"
        "  rankdir=LR;\n"
        "  node [shape=box];\n"
        "  \"orders: 2 senders\" [label=\"orders\\n2 senders\\nwaiting for room behind receiver "
        "for "
        "2.500 s\", color=red];\n"
        "  \"orders: receiver\" [label=\"orders\\nreceiver\\nrunning for 3.500 s\"];\n"
        "  \"orders: 2 senders\" -> \"orders: receiver\" [label=\"2 of 2 items\", color=red];\n"
        "}\n");
}

TEST_F(dump_graph_test, says_who_waits_for_a_budget) {
    memory_budget budget(8);
    auto big = make_channel<int>(ctx.get_executor(), {.capacity = 9, .budget = budget});
    auto c =
        make_channel<int>(ctx.get_executor(), {.capacity = 9, .budget = budget, .name = "orders"});
    fill(big.tx, {1, 2});
    code sent;
    c.tx.async_send(3, into(sent));
    run();

    EXPECT_EQ(
        dump_graph(ctx),
        "orders: 0 of 9 items\n"
        "  sender: waiting for room behind others who share its budget for 0.000 s\n"
        "  receiver: running for 0.000 s\n");
}

TEST_F(dump_graph_test, says_which_subscriber_a_put_waits_for) {
    broadcast<int> b(ctx.get_executor(), {.name = "prices"});
    auto slow = b.subscribe({.capacity = 1, .name = "slow"});
    auto quick = b.subscribe({.capacity = 9, .name = "quick"});
    put_all(b, {1});
    received<int> got;
    EXPECT_EQ(take_one(quick), 1);
    quick.async_next(into(got));
    code put, second;
    clock.run_for(1s);
    b.async_put(2, into(put));
    b.async_put(3, into(second));
    clock.run_for(500ms);

    EXPECT_EQ(
        dump_graph(ctx),
        "prices: put 1\n"
        "  producer: waiting for room behind slow for 0.500 s, 2 puts\n"
        "  slow: running for 1.500 s, 1 before it\n"
        "  quick: waiting for an item for 1.500 s\n");
    EXPECT_NE(
        dump_graph(ctx, graph_format::dot)
            .find(R"("prices: producer" -> "prices: slow" [label="put 1", color=red])"),
        std::string::npos);

    EXPECT_EQ(take_all(slow), (ints{1, 2, 3}));
    clock.run_for(2s);
    EXPECT_EQ(
        dump_graph(ctx),
        "prices: put 3\n"
        "  producer: running for 2.000 s\n"
        "  slow: running for 3.500 s, 0 before it\n"
        "  quick: running for 2.000 s, 1 before it\n");
}

TEST_F(dump_graph_test, shows_a_broadcast_by_its_first_named_subscriber) {
    auto b = std::optional(broadcast<int>(ctx.get_executor()));
    auto nameless = b->subscribe();
    EXPECT_EQ(dump_graph(ctx), "");
    code put;
    b->async_put(1, into(put));
    auto s = b->subscribe({.name = "screen"});
    clock.run_for(1s);

    EXPECT_EQ(
        dump_graph(ctx),
        "a broadcast: put 0\n"
        "  producer: waiting for room behind a subscriber for 1.000 s\n"
        "  a subscriber: running for 1.000 s, 0 before it\n"
        "  screen: running for 1.000 s, 0 before it\n");
    b.reset();
    run();
    EXPECT_NE(dump_graph(ctx).find("producer: over"), std::string::npos);
}

TEST_F(dump_graph_test, says_that_there_is_no_subscriber_to_wait_for) {
    broadcast<int> b(ctx.get_executor(), {.name = "prices"});
    code put;
    b.async_put(1, into(put));

    EXPECT_EQ(
        dump_graph(ctx),
        "prices: put 0\n"
        "  producer: waiting for room behind nobody: there is no subscriber for 0.000 s\n");
}

TEST_F(dump_graph_test, says_what_is_over_and_forgets_what_is_gone) {
    auto a = std::optional(channel("a"));
    auto b = std::optional(
        make_local_channel<int>(ctx.get_executor(), {.capacity = 1, .name = "say \"b\""}));
    a->tx.close();
    EXPECT_EQ(
        dump_graph(ctx),
        "a: 0 of 2 items\n  sender: over\n  receiver: over\n"
        "say \"b\": 0 of 1 items\n  sender: running for 0.000 s\n  receiver: running for 0.000 "
        "s\n");
    EXPECT_NE(dump_graph(ctx, graph_format::dot).find(R"("say \"b\": sender")"), std::string::npos);

    a.reset();
    b.reset();

    EXPECT_EQ(dump_graph(ctx), "");
}

TEST_F(dump_graph_test, is_asked_while_channels_come_and_go_on_another_thread) {
    std::jthread other([&](std::stop_token stop) {
        while (!stop.stop_requested()) {
            auto c = channel("short");
            c.tx.try_send(1);
        }
    });
    for (int i = 0; i != 200; ++i) {
        const auto text = dump_graph(ctx);
        EXPECT_TRUE(text.empty() || text.starts_with("short: ")) << text;
    }
}

TEST_F(dump_graph_test, channels_outlive_their_context) {
    std::optional<channel_ends<int, std::mutex>> c;
    {
        asio::io_context gone;
        c.emplace(make_channel<int>(gone.get_executor(), {.capacity = 1, .name = "late"}));
        EXPECT_NE(dump_graph(gone), "");
    }
    EXPECT_TRUE(c->tx.try_send(1));
    EXPECT_EQ(take_one(c->rx), 1);
}

} // namespace
} // namespace streamx::testing
