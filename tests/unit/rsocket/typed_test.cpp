#include "typed_support.hpp"

#include <streamx/core/error.hpp>
#include <streamx/core/log.hpp>
#include <streamx/operators/map.hpp>

#include <boost/asio/post.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace streamx::rsocket {
namespace {

/// A type and MIME type of the user's own, beside JSON.
struct celsius {
    int degrees = 0;
};
void tag_invoke(boost::json::value_from_tag, boost::json::value& v, const celsius& c) {
    v = c.degrees;
}
celsius tag_invoke(boost::json::value_to_tag<celsius>, const boost::json::value& v) {
    return {v.to_number<int>()};
}

struct celsius_codec {
    using value_type = celsius;
    static constexpr std::string_view mime_type = "application/x-celsius";

    /// "21C", of what may be followed by another.
    std::optional<celsius> decode(std::string_view& in) {
        const auto unit = in.find('C');
        if (unit == std::string_view::npos)
            return {};
        celsius c;
        const auto [end, ec] = std::from_chars(in.data(), in.data() + unit, c.degrees);
        if (ec != std::errc() || end != in.data() + unit)
            throw std::runtime_error("no number of degrees");
        in.remove_prefix(unit + 1);
        return c;
    }
    void encode(const celsius& c, io::write_buffer& out) const {
        out.append(std::to_string(c.degrees));
        out.push_back('C');
    }
};

} // namespace

template <>
struct codecs_of<celsius> {
    using list = codec_list<celsius_codec, json_codec<celsius>>;
};

namespace {

struct typed_test : typed_fixture {
    asio::awaitable<payload> ask(client& c, request_metadata to, payload p) {
        return c.async_request_response(std::move(to), std::move(p), asio::use_awaitable);
    }

    static request_metadata to(std::string route, std::string type, std::string accepted = {}) {
        request_metadata m;
        m.route = std::move(route);
        m.data_type = std::move(type);
        if (!accepted.empty())
            m.accepted_types = {std::move(accepted)};
        return m;
    }

    void serve_quotes() {
        serve().on_stream<query, quote>("quotes", [this](const query& q) {
            std::vector<quote> list;
            for (int i = 0; i != q.items; ++i)
                list.push_back({q.symbol, i});
            return items(std::move(list));
        });
        serve().on_response<query, quote>(
            "quote", [](query q) { return quote{q.symbol, q.items}; });
    }
};

TEST_F(typed_test, values_go_in_and_come_out_of_every_interaction) {
    serve_quotes();
    std::vector<std::string> logged;
    serve().on_channel<quote, int>("prices", [](typed_stream<quote> quotes) {
        return std::move(quotes) | map([](const quote& q) { return q.price; });
    });
    serve().on_fire_and_forget<quote>(
        "log", [&](const quote& q, const request& r) { logged = {q.symbol, r.data_type}; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const query three{"XYZ", 3};
        const std::vector<quote> all_three{{"XYZ", 0}, {"XYZ", 1}, {"XYZ", 2}};
        EXPECT_EQ(co_await every(c.request_stream<quote>("quotes", three)), all_three);
        const auto one =
            co_await c.async_request_response<quote>("quote", three, asio::use_awaitable);
        EXPECT_EQ(one, (quote{"XYZ", 3}));
        const auto prices = co_await every(c.request_channel<int>("prices", items(all_three)));
        EXPECT_EQ(prices, (std::vector{0, 1, 2}));
        co_await c.async_fire_and_forget("log", one, asio::use_awaitable);
        while (logged.empty())
            co_await asio::post(asio::use_awaitable);
    });
    EXPECT_EQ(logged, (std::vector<std::string>{"XYZ", "application/json"}));
}

TEST_F(typed_test, a_handler_may_be_a_coroutine_that_keeps_what_it_was_given_by_reference) {
    serve().on_response<query, quote>(
        "quote", [](const query& q, const request& r) -> asio::awaitable<quote> {
            co_await asio::post(asio::use_awaitable);
            co_return quote{q.symbol + r.route, q.items};
        });
    serve().on_stream<query, int>("count", [this](query q) -> asio::awaitable<any_stream<int>> {
        co_await asio::post(asio::use_awaitable);
        co_return items(std::vector<int>(static_cast<std::size_t>(q.items), 7));
    });
    int forgotten = 0;
    serve().on_fire_and_forget<int>("log", [&](int i) -> asio::awaitable<void> {
        co_await asio::post(asio::use_awaitable);
        forgotten = i;
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const query q{"XYZ", 2};
        const auto one = co_await c.async_request_response<quote>("quote", q, asio::use_awaitable);
        EXPECT_EQ(one, (quote{"XYZquote", 2}));
        const auto sevens = co_await every(c.request_stream<int>("count", q));
        EXPECT_EQ(sevens, (std::vector{7, 7}));
        co_await c.async_fire_and_forget("log", 5, asio::use_awaitable);
        while (forgotten == 0)
            co_await asio::post(asio::use_awaitable);
    });
    EXPECT_EQ(forgotten, 5);
}

TEST_F(typed_test, an_answer_is_of_what_the_handler_gives_where_nothing_else_is_said) {
    serve().on_stream<void>("ticks", [this] { return items(std::vector{1, 2, 3}); });
    serve().on_response<std::string>("size", [](const std::string& s) { return s.size(); });
    serve().on_response<payload>(
        "type", [](const payload&, const request& r) { return r.data_type; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const auto ticks = co_await every(c.request_stream<int>("ticks"));
        EXPECT_EQ(ticks, (std::vector{1, 2, 3}));
        EXPECT_EQ(
            co_await c.async_request_response<std::size_t>("size", "four", asio::use_awaitable),
            4U);
        EXPECT_EQ(
            co_await c.async_request_response<std::string>("type", 1, asio::use_awaitable),
            "application/json");
    });
}

TEST_F(typed_test, strings_and_bytes_are_data_as_they_are_and_may_be_empty) {
    serve().on_response<std::string, std::string>("back", [](std::string s) { return s; });
    serve().on_response<std::vector<std::byte>>(
        "bytes", [](std::vector<std::byte> b) { return b; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        for (const std::string text : {"text", "", "\"not JSON"}) {
            const auto p =
                co_await c.async_request_response("back", payload(text), asio::use_awaitable);
            EXPECT_EQ(p, payload(text)); // nothing was to be said of its type
            EXPECT_EQ(
                co_await c.async_request_response<std::string>("back", text, asio::use_awaitable),
                text);
        }
        const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
        EXPECT_EQ(
            co_await c.async_request_response<std::vector<std::byte>>(
                "bytes", bytes, asio::use_awaitable),
            bytes);
    });
}

TEST_F(typed_test, the_mime_types_of_the_request_choose_the_codec) {
    serve().on_response<celsius>("back", [](celsius c) { return c; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const std::string mine(celsius_codec::mime_type), json(mime::json);
        EXPECT_EQ((co_await ask(c, to("back", mine), payload("21C"))).data, "21C");
        EXPECT_EQ((co_await ask(c, to("back", json), payload("21"))).data, "21");
        EXPECT_EQ((co_await ask(c, to("back", mine, json), payload("21C"))).data, "21");
        EXPECT_EQ(
            (co_await ask(c, to("back", "Application/JSON; charset=utf-8"), payload("21"))).data,
            "21");
        auto both = to("back", json);
        both.accepted_types = {"text/html", mine}; // the second is not what it would like best
        const auto labelled = co_await ask(c, both, payload("21"));
        EXPECT_EQ(labelled.data, "21C");
        EXPECT_EQ(request_metadata::decode(*labelled.metadata, mime::composite).data_type, mine);
    });
}

TEST_F(typed_test, a_value_says_of_which_type_it_is_unless_the_connection_does) {
    std::vector<request_metadata> seen;
    serve().on_response("back", [&](request r) {
        seen.push_back(r.metadata);
        return payload(r.message.data);
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const celsius warm{21};
        const auto back =
            co_await c.async_request_response<celsius>("back", warm, asio::use_awaitable);
        EXPECT_EQ(back.degrees, 21);
        asking.data_type = mime::json;
        auto other = co_await connect();
        co_await other.async_request_response<celsius>("back", warm, asio::use_awaitable);
        const auto as_json = to("back", std::string(mime::json));
        co_await c.async_request_response<celsius>(as_json, warm, asio::use_awaitable);
    });
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[0].data_type, celsius_codec::mime_type);
    EXPECT_EQ(seen[1].data_type, "");
    EXPECT_EQ(seen[2].data_type, mime::json);
    for (const auto& m : seen)
        EXPECT_TRUE(m.accepted_types.empty()); // the type of the question will do for the answer
}

TEST_F(typed_test, an_answer_in_another_type_than_was_implied_says_so) {
    serve_quotes();
    serve().on_response<void>("celsius", [] { return celsius{21}; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect(); // of "application/octet-stream"
        auto raw = c.request_stream(
            to("quotes", "application/json", ""), payload(R"({"symbol":"A","items":2})"));
        const auto quotes = co_await every(std::move(raw));
        EXPECT_EQ(quotes.size(), 2U);
        EXPECT_FALSE(quotes.front().metadata); // it is of the type that the request was
        const auto p = co_await c.async_request_response("celsius", payload(), asio::use_awaitable);
        EXPECT_EQ(p.data, "21C");
        EXPECT_EQ(
            request_metadata::decode(p.metadata.value_or(""), mime::composite).data_type,
            celsius_codec::mime_type);
    });
}

TEST_F(typed_test, what_is_not_accepted_or_not_of_a_type_of_the_route_is_invalid_and_says_why) {
    serve_quotes();
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto [ec, text] = co_await failure(ask(c, to("quote", "text/plain"), payload("XYZ")));
        EXPECT_EQ(ec, errc::invalid);
        EXPECT_NE(text.find("takes application/json, and not 'text/plain'"), text.npos) << text;
        std::tie(ec, text) = co_await failure(
            ask(c,
                to("quote", "application/json", "text/html"),
                payload(R"({"symbol":"A","items":2})")));
        EXPECT_EQ(ec, errc::invalid);
        EXPECT_NE(text.find("answers with application/json"), text.npos) << text;
        EXPECT_TRUE(c.is_open());
    });
}

TEST_F(typed_test, data_that_does_not_decode_is_invalid_on_that_stream_only) {
    serve_quotes();
    serve().on_response<celsius>("celsius", [](celsius c) { return c; });
    serve().on_stream("endless", [&](const request&) { return count_to(1'000'000); });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto other = c.request_stream("endless");
        co_await other.next();
        const std::pair<const char*, const char*> bad[] = {
            {"quote", "{"},
            {"quote", ""},
            {"quote", "7"},
            {"quote", R"({"symbol":"A"})"},
            {"quote", R"({"symbol":"A","items":2} more)"}};
        for (const auto& [route, data] : bad) {
            SCOPED_TRACE(data);
            const auto [ec, text] =
                co_await failure(ask(c, to(route, "application/json"), payload(data)));
            EXPECT_EQ(ec, errc::invalid);
            EXPECT_NE(text.find("application/json: "), text.npos) << text;
        }
        const std::string mine(celsius_codec::mime_type);
        for (const char* data : {"21", "21C22C", "xC"}) {
            SCOPED_TRACE(data);
            const auto [ec, text] = co_await failure(ask(c, to("celsius", mine), payload(data)));
            EXPECT_EQ(ec, errc::invalid);
            EXPECT_NE(text.find(mine), text.npos) << text;
        }
        EXPECT_TRUE(co_await other.next());
        EXPECT_TRUE(c.is_open());
    });
}

TEST_F(typed_test, a_fire_and_forget_that_fails_is_logged_as_nobody_else_is_told) {
    std::vector<std::string> logged;
    set_log_sink([&](log_level, std::string_view m) { logged.emplace_back(m); });
    serve().on_fire_and_forget<int>(
        "log", [&](int i) { throw std::runtime_error(std::to_string(i)); });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        co_await c.async_fire_and_forget(
            to("log", "application/json"), payload("7"), asio::use_awaitable);
        co_await c.async_fire_and_forget(
            to("log", "application/json"), payload("x"), asio::use_awaitable);
        while (logged.size() != 2)
            co_await asio::post(asio::use_awaitable);
        EXPECT_TRUE(c.is_open());
    });
    set_log_sink({});
    EXPECT_EQ(logged.at(0), "rsocket: a fire-and-forget failed: 7");
    EXPECT_NE(logged.at(1).find("application/json"), std::string::npos) << logged[1];
}

TEST_F(typed_test, an_answer_that_does_not_decode_fails_its_stream_and_stops_the_producer) {
    auto alive = std::make_shared<int>();
    serve().on_stream("quotes", [&, keep = alive](const request&) {
        return count_to(1'000'000) | map([keep](payload p) { return p; });
    });
    serve().on_response("quote", [](const request&) { return payload("{"); });
    serve().on_response("other", [](const request&) {
        request_metadata html;
        html.data_type = "text/html";
        return payload("<p>", html.encode());
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const auto before = alive.use_count();
        auto quotes = c.request_stream<quote>("quotes");
        auto [ec, text] = co_await failure(quotes.next());
        EXPECT_EQ(ec, streamx::errc::malformed);
        EXPECT_NE(text.find("application/json: "), text.npos) << text;
        while (alive.use_count() != before)
            co_await asio::post(asio::use_awaitable);
        const query q{"A", 1};
        for (const char* route : {"quote", "other"}) {
            std::tie(ec, text) =
                co_await failure(c.async_request_response<quote>(route, q, asio::use_awaitable));
            EXPECT_EQ(ec, streamx::errc::malformed) << text;
        }
        EXPECT_NE(text.find("text/html"), text.npos) << text;
        EXPECT_TRUE(c.is_open());
    });
}

TEST_F(typed_test, an_item_of_a_channel_that_does_not_decode_is_the_handlers_failure_and_invalid) {
    serve().on_channel<int>("sum", [](typed_stream<int> in) { return in; });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto back = c.request_channel(
            to("sum", "application/json"), items(std::vector<payload>{{"1"}, {"2"}, {"x"}, {"3"}}));
        EXPECT_EQ((co_await back.next())->data, "1");
        EXPECT_EQ((co_await back.next())->data, "2");
        const auto [ec, text] = co_await failure(back.next());
        EXPECT_EQ(ec, errc::invalid) << text;
        EXPECT_TRUE(c.is_open());
    });
}

TEST_F(typed_test, without_composite_metadata_what_cannot_be_said_fails_the_request) {
    serve_quotes();
    serve().on_response("echo", [](request r) { return payload(r.message.data + r.route); });
    for (const std::string type : {"message/x.rsocket.routing.v0", "text/plain"}) {
        SCOPED_TRACE(type);
        asking.metadata_type = type;
        asking.data_type = mime::bytes;
        run([&]() -> asio::awaitable<void> {
            auto c = co_await connect();
            const query q{"XYZ", 1};
            auto [ec, text] =
                co_await failure(c.async_request_response<quote>("quote", q, asio::use_awaitable));
            EXPECT_EQ(ec, streamx::errc::unencodable) << text;
            std::tie(ec, text) = co_await failure(c.request_stream<quote>("quotes", q).next());
            EXPECT_EQ(ec, streamx::errc::unencodable) << text;
            std::tie(ec, text) =
                co_await failure(c.async_fire_and_forget("log", q, asio::use_awaitable));
            EXPECT_EQ(ec, streamx::errc::unencodable) << text;
            request_metadata traced;
            traced.route = "echo";
            traced.traceparent = "00-1-2-01";
            std::tie(ec, text) = co_await failure(ask(c, traced, payload("x")));
            EXPECT_EQ(ec, streamx::errc::unencodable) << text;
        });
    }
    asking.metadata_type = mime::routing;
    asking.data_type = mime::json; // which needs not be said
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const query q{"XYZ", 1};
        const auto one = co_await c.async_request_response<quote>("quote", q, asio::use_awaitable);
        EXPECT_EQ(one, (quote{"XYZ", 1}));
        const auto p = co_await c.async_request_response("echo", payload("x"), asio::use_awaitable);
        EXPECT_EQ(p.data, "xecho");
    });
}

TEST_F(typed_test, a_type_that_has_no_codec_for_what_is_asked_for_fails_the_request) {
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        const query q{"A", 1};
        auto [ec, text] = co_await failure(
            c.async_request_response<quote>(to("quote", "text/plain"), q, asio::use_awaitable));
        EXPECT_EQ(ec, streamx::errc::unencodable);
        EXPECT_NE(text.find("text/plain"), text.npos) << text;
        std::tie(ec, text) =
            co_await failure(c.request_stream<quote>(to("quote", "", "text/html"), q).next());
        EXPECT_EQ(ec, streamx::errc::unencodable);
    });
}

TEST_F(typed_test, what_a_codec_throws_as_it_writes_is_the_failure_of_its_stream) {
    serve().on_stream<void, std::string>("throws", [this] {
        return items(std::vector<int>{1, 2}) | map([](int i) -> std::string {
                   if (i == 2)
                       throw std::runtime_error("boom");
                   return "one";
               });
    });
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto got = c.request_stream<std::string>("throws");
        EXPECT_EQ(co_await got.next(), "one");
        const auto [ec, text] = co_await failure(got.next());
        EXPECT_EQ(ec, errc::application_error);
        EXPECT_NE(text.find("boom"), text.npos) << text;
    });
}

TEST_F(typed_test, a_broadcast_of_values_is_one_of_payloads_that_were_written_once) {
    broadcast<payload> news(ctx.get_executor());
    serve().publish("news", news);
    run([&]() -> asio::awaitable<void> {
        auto c = co_await connect();
        auto quotes = c.request_stream<quote>("news");
        co_await news.async_wait_subscribers(1, asio::use_awaitable);
        const quote q{"XYZ", 1};
        co_await news.async_put(to_payload(q), asio::use_awaitable);
        EXPECT_EQ(co_await quotes.next(), q);
    });
    srv.reset(); // before what it publishes
    EXPECT_EQ(from_payload<quote>(to_payload(quote{"A", 1}), mime::json), (quote{"A", 1}));
    EXPECT_THROW(to_payload(quote{"A", 1}, mime::text), system_error);
}

} // namespace
} // namespace streamx::rsocket
