// What a server asks of its client: the same, the other way round.

#include "typed_support.hpp"

#include <streamx/core/error.hpp>
#include <streamx/operators/map.hpp>

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace streamx::rsocket {
namespace {

struct peer_test : typed_fixture {
    std::vector<requester> peers;

    peer_test() {
        asking.responder = std::make_shared<router>();
        serve().on_connect([this](const connected_client& c) { peers.push_back(c.peer); });
    }
};

TEST_F(peer_test, a_server_makes_every_request_of_its_client) {
    auto& mine = *asking.responder;
    std::vector<std::string> got;
    mine.on_response("echo", [](request r) { return r.message; });
    mine.on_stream(
        "numbers", [&](const request& r) { return count_to(std::stoi(r.message.data)); });
    mine.on_channel("same", [](const request&, payload_stream in) { return in; });
    mine.on_fire_and_forget("log", [&](const request& r) { got.push_back(r.message.data); });
    mine.on_metadata_push([&](std::string m) { got.push_back(std::move(m)); });
    mine.on_response<query, quote>("quote", [](query q) { return quote{q.symbol, q.items}; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto& peer = peers.at(0);
        const auto echo =
            co_await peer.async_request_response("echo", payload("hi"), asio::use_awaitable);
        EXPECT_EQ(echo.data, "hi");
        EXPECT_EQ((co_await all(peer.request_stream("numbers", payload("1000")))).size(), 1000U);
        EXPECT_EQ((co_await all(peer.request_channel("same", count_to(1000)))).size(), 1000U);
        co_await peer.async_fire_and_forget("log", payload("one"), asio::use_awaitable);
        co_await peer.async_metadata_push("two", asio::use_awaitable);
        const query asked{"XYZ", 1};
        const auto q =
            co_await peer.async_request_response<quote>("quote", asked, asio::use_awaitable);
        EXPECT_EQ(q, (quote{"XYZ", 1}));
        const auto [ec, text] = co_await failure(
            peer.async_request_response("nowhere", payload(), asio::use_awaitable));
        EXPECT_EQ(ec, errc::rejected) << text;
    });
    EXPECT_EQ(got, (std::vector<std::string>{"one", "two"}));
}

TEST_F(peer_test, a_handler_asks_back_on_the_connection_that_its_request_came_on) {
    asking.responder->on_response<std::string>(
        "name", [](const std::string& greeting) { return greeting + " Ada"; });
    serve().on_response("greet", [](request r) -> asio::awaitable<payload> {
        auto name = co_await r.peer.async_request_response<std::string>(
            "name", "hello", asio::use_awaitable);
        co_return payload(name + "!");
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const auto p = co_await c.async_request_response("greet", payload(), asio::use_awaitable);
        EXPECT_EQ(p.data, "hello Ada!");
    });
}

TEST_F(peer_test, a_client_without_a_responder_rejects_what_a_server_asks) {
    asking.responder = nullptr;
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const auto [ec, text] = co_await failure(
            peers.at(0).async_request_response("echo", payload(), asio::use_awaitable));
        EXPECT_EQ(ec, errc::rejected) << text;
    });
}

TEST_F(peer_test, the_clients_credit_holds_back_the_server_and_the_other_way_round) {
    serving.window = 8;
    int made = 0;
    asking.responder->on_stream("endless", [&](const request&) {
        return count_to(1'000'000) | map([&](payload p) {
                   ++made;
                   return p;
               });
    });
    srv.reset();
    serve().on_connect([this](const connected_client& c) { peers.push_back(c.peer); });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto s = peers.at(0).request_stream("endless");
        for (int i = 1; i <= 100; ++i) {
            co_await s.next();
            EXPECT_LE(made, i + 8);
        }
    });
}

TEST_F(peer_test, a_requester_outlives_its_connection_and_says_that_it_is_closed) {
    run([&]() -> asio::awaitable<void> {
        {
            auto c = co_await connect();
        }
        while (serve().connections() != 0)
            co_await asio::post(asio::use_awaitable);
        auto [ec, text] = co_await failure(
            peers.at(0).async_request_response("echo", payload(), asio::use_awaitable));
        EXPECT_EQ(ec, streamx::errc::closed) << text;
        std::tie(ec, text) = co_await failure(peers.at(0).request_stream<int>("echo").next());
        EXPECT_EQ(ec, streamx::errc::closed) << text;
    });
}

TEST_F(peer_test, on_connect_says_who_is_there_and_may_end_the_connection) {
    serving.authenticator = bearer_tokens({"secret"});
    srv.reset();
    std::vector<connected_client> seen;
    serve().on_connect([&](const connected_client& c) {
        seen.push_back(c);
        if (c.setup.data == "go away")
            throw std::runtime_error("as you like");
    });
    asking.who = credentials{"bearer", "", "secret"};
    asking.setup.data = "me";
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        EXPECT_TRUE(c.is_open());
        asking.setup.data = "go away";
        const auto [ec, text] = co_await failure(connect());
        EXPECT_EQ(ec, errc::connection_error) << text;
    });
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].who, asking.who);
    EXPECT_EQ(seen[0].setup.data, "me");
    EXPECT_EQ(seen[0].data_type, mime::bytes);
}

} // namespace
} // namespace streamx::rsocket
