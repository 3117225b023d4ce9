#include "engine_support.hpp"

#include <streamx/core/error.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace streamx::rsocket {
namespace {

const frame keepalive{.type = frame_type::keepalive};

// SETUP

TEST(engine_test, Setup_Frame__values_must_be_above_0_and_the_version_ours) {
    const std::pair<frame, const char*> cases[] = {
        {{.type = frame_type::setup, .major = 1, .interval = 0, .lifetime = 1}, "closed ERROR:1"},
        {{.type = frame_type::setup, .major = 1, .interval = 1, .lifetime = 0}, "closed ERROR:1"},
        {{.type = frame_type::setup, .major = 1, .interval = 1, .lifetime = 1}, "setup"},
        {{.type = frame_type::setup, .major = 1, .interval = max_31, .lifetime = max_31}, "setup"},
        {{.type = frame_type::setup, .major = 1, .minor = 65535, .interval = 1, .lifetime = 1},
         "setup"},
        {{.type = frame_type::setup, .major = 0, .interval = 1, .lifetime = 1}, "closed ERROR:2"},
        {{.type = frame_type::setup, .major = 2, .interval = 1, .lifetime = 1}, "closed ERROR:2"},
        {{.type = frame_type::setup,
          .flags = flags::lease,
          .major = 1,
          .interval = 1,
          .lifetime = 1},
         "closed ERROR:2"},
        {{.type = frame_type::setup, .stream = 1, .major = 1, .interval = 1, .lifetime = 1},
         "closed ERROR:1"},
    };
    for (const auto& [f, expected] : cases) {
        end_point e(server_config());
        e.fsm.connected(e.now);
        EXPECT_EQ(e.receive(f), expected);
    }
}

TEST(engine_test, Setup_Frame__resume_that_is_not_supported_must_be_rejected) {
    end_point e(server_config());
    e.fsm.connected(e.now);
    auto setup = a_setup;
    setup.flags = flags::resume;
    EXPECT_EQ(e.receive(setup), "closed ERROR:3");
}

TEST(engine_test, Connection_Establishment__no_request_before_the_server_has_answered) {
    end_point e(client_config());
    e.fsm.connected(e.now);
    EXPECT_EQ(e.said(), "SETUP KEEPALIVE");
    EXPECT_FALSE(e.fsm.may_request(e.now));
    e.receive(keepalive);
    EXPECT_TRUE(e.fsm.may_request(e.now));
}

TEST(engine_test, Connection_Establishment__a_handshake_that_takes_too_long_ends) {
    for (auto config : {client_config(), server_config()}) {
        end_point e(config);
        e.fsm.connected(e.now);
        e.said();
        EXPECT_EQ(e.fsm.deadline(), e.now + 10s);
        e.fsm.on_time(e.now + 9999ms);
        EXPECT_EQ(e.said(), "");
        e.fsm.on_time(e.now + 10s);
        EXPECT_EQ(e.said(), "closed ERROR:257");
    }
}

// Streams

TEST(engine_test, Stream_Identifiers__odd_from_a_client_even_from_a_server_in_order) {
    auto c = open_client();
    auto s = open_server();
    for (std::uint32_t i = 0; i != 5; ++i) {
        EXPECT_EQ(c.fsm.request(frame_type::request_stream, {}, 1, false, nullptr), 1 + 2 * i);
        EXPECT_EQ(s.fsm.request(frame_type::request_stream, {}, 1, false, nullptr), 2 + 2 * i);
    }
}

TEST(engine_test, Handling_the_Unexpected__a_response_without_complete_must_be_taken_as_complete) {
    auto e = open_client();
    e.fsm.request(frame_type::request_response, {}, 1, false, nullptr);
    EXPECT_EQ(
        e.receive({.type = frame_type::payload, .stream = 1, .flags = flags::next, .data = "x"}),
        "item REQUEST_RESPONSE");
    EXPECT_TRUE(e.events.front().what == event::kind::item && e.events.front().complete);
    EXPECT_EQ(e.fsm.open_streams(), 0U);
}

TEST(engine_test, Request_Response__the_answer_goes_out_as_one_frame_with_next_and_complete) {
    auto e = open_server();
    e.receive({.type = frame_type::request_response, .stream = 1});
    EXPECT_EQ(e.fsm.credit(1), 1U);
    e.fsm.send(1, {"x"}, true);
    const auto f = e.frames();
    ASSERT_EQ(f.size(), 1U);
    EXPECT_EQ(f[0].flags, flags::next | flags::complete);
    EXPECT_EQ(e.fsm.open_streams(), 0U);
}

TEST(engine_test, Request_Channel__ends_when_both_sides_have_completed) {
    auto e = open_client();
    const auto id = e.fsm.request(frame_type::request_channel, {"a"}, 5, false, nullptr);
    EXPECT_EQ(
        e.fsm.credit(id), 0U); // "MUST not send PAYLOAD ... until the responder sends a REQUEST_N"
    e.receive({.type = frame_type::request_n, .stream = id, .n = 2});
    EXPECT_EQ(e.fsm.credit(id), 2U);
    e.fsm.send(id, {"b"}, false);
    EXPECT_EQ(e.fsm.credit(id), 1U);
    e.fsm.complete(id);
    EXPECT_EQ(e.fsm.open_streams(), 1U);
    e.receive({.type = frame_type::payload, .stream = id, .flags = flags::complete});
    EXPECT_EQ(e.fsm.open_streams(), 0U);
}

TEST(engine_test, Flow_Control__credit_is_added_up_and_clamped) {
    auto c = server_config();
    c.max_credit = 100;
    auto e = open_server(c);
    e.receive({.type = frame_type::request_stream, .stream = 1, .n = max_31});
    EXPECT_EQ(e.fsm.credit(1), 100U);
    e.fsm.send(1, {}, false);
    EXPECT_EQ(e.fsm.credit(1), 99U);
    e.receive({.type = frame_type::request_n, .stream = 1, .n = max_31});
    EXPECT_EQ(e.fsm.credit(1), 100U);
    auto all = open_server();
    all.receive({.type = frame_type::request_stream, .stream = 1, .n = 3});
    all.receive({.type = frame_type::request_n, .stream = 1, .n = 2});
    EXPECT_EQ(all.fsm.credit(1), 5U);
    all.receive({.type = frame_type::request_n, .stream = 1, .n = max_31});
    EXPECT_EQ(all.fsm.credit(1), max_31);
}

TEST(engine_test, Flow_Control__a_peer_that_sends_more_than_it_was_asked_for_is_cut_off) {
    auto e = open_client();
    e.fsm.request(frame_type::request_stream, {}, 2, false, nullptr);
    const frame item{.type = frame_type::payload, .stream = 1, .flags = flags::next};
    EXPECT_EQ(e.receive(item), "item REQUEST_STREAM");
    EXPECT_EQ(e.receive(item), "item");
    EXPECT_EQ(e.receive(item), "failed CANCEL");
    EXPECT_EQ(e.fsm.open_streams(), 0U);
}

TEST(engine_test, Flow_Control__too_many_streams_are_rejected) {
    auto c = server_config();
    c.streams = 2;
    auto e = open_server(c);
    EXPECT_EQ(e.receive({.type = frame_type::request_response, .stream = 1}), "request");
    EXPECT_EQ(e.receive({.type = frame_type::request_response, .stream = 3}), "request");
    EXPECT_EQ(e.receive({.type = frame_type::request_response, .stream = 5}), "ERROR:514");
    EXPECT_EQ(e.receive({.type = frame_type::request_fnf, .stream = 7}), "");
}

// Fragmentation

TEST(engine_test, Fragmentation__what_is_sent_in_fragments_arrives_whole) {
    std::mt19937 random(7);
    for (unsigned round = 0; round != 300; ++round) {
        auto c = client_config();
        c.fragment = 64 + random() % 100;
        auto from = open_client(c);
        auto to = open_server();
        payload p{std::string(random() % 500, 'd')};
        if (random() % 2 != 0)
            p.metadata = std::string(random() % 500, 'm');
        const auto type = static_cast<frame_type>(
            static_cast<unsigned>(frame_type::request_response) + random() % 4);
        const auto id = from.fsm.request(type, p, 9, false, nullptr);
        for (unsigned guard = 0; from.fsm.has_fragments(id) && guard != 100; ++guard)
            from.fsm.send_fragment(id);
        bool data_seen = false;
        for (const auto& f : from.frames()) {
            EXPECT_LE(bytes_of(f).size(), c.fragment);
            EXPECT_FALSE(data_seen && f.metadata) << "metadata after data";
            data_seen = data_seen || !f.data.empty();
            to.fsm.receive(bytes_of(f), to.now);
        }
        ASSERT_EQ(to.said(), "request");
        EXPECT_EQ(to.events.front().message, p);
        EXPECT_EQ(to.events.front().type, type);
    }
}

TEST(engine_test, Fragmentation__F_is_ignored_with_C_and_a_cancelled_sequence_is_forgotten) {
    auto e = open_client();
    e.fsm.request(frame_type::request_stream, {}, 9, false, nullptr);
    e.said();
    EXPECT_EQ(
        e.receive(
            {.type = frame_type::payload,
             .stream = 1,
             .flags = flags::next | flags::follows | flags::complete,
             .data = "x"}),
        "item");
    auto s = open_server();
    EXPECT_EQ(
        s.receive({.type = frame_type::request_response, .stream = 1, .flags = flags::follows}),
        "");
    EXPECT_EQ(s.receive({.type = frame_type::cancel, .stream = 1}), "");
    EXPECT_EQ(s.fsm.open_streams(), 0U);
}

TEST(engine_test, Fragmentation__what_grows_beyond_the_limit_is_refused) {
    auto c = server_config();
    c.message = 10;
    auto e = open_server(c);
    const auto follows = flags::follows;
    EXPECT_EQ(
        e.receive(
            {.type = frame_type::request_stream,
             .stream = 1,
             .flags = follows,
             .n = 1,
             .data = "123456"}),
        "");
    EXPECT_EQ(
        e.receive(
            {.type = frame_type::payload, .stream = 1, .flags = flags::next, .data = "12345"}),
        "ERROR:516");
    EXPECT_EQ(
        e.receive({.type = frame_type::request_response, .stream = 3, .data = "12345678901"}),
        "ERROR:516");
    EXPECT_EQ(
        e.receive({.type = frame_type::request_response, .stream = 5, .data = "1234567890"}),
        "request");
}

// KEEPALIVE

TEST(engine_test, Keepalive_Frame__data_must_be_echoed_without_the_respond_flag) {
    auto e = open_server();
    e.fsm.receive(
        bytes_of({.type = frame_type::keepalive, .flags = flags::respond, .data = "echo"}), e.now);
    const auto f = e.frames();
    ASSERT_EQ(f.size(), 1U);
    EXPECT_FALSE(f[0].has(flags::respond));
    EXPECT_EQ(f[0].data, "echo");
}

TEST(engine_test, Keepalive_Frame__a_client_sends_it_and_both_give_up_a_silent_peer) {
    auto c = open_client();
    c.said();
    EXPECT_EQ(c.fsm.deadline(), c.now + 10s);
    for (const auto at : {10s, 20s}) {
        c.fsm.on_time(c.now + at);
        EXPECT_EQ(c.said(), "KEEPALIVE");
    }
    c.fsm.on_time(c.now + 30s);
    EXPECT_EQ(c.said(), "closed");
    EXPECT_EQ(c.events.front().error, streamx::errc::idle_timeout);
    auto s = open_server(); // whose client announces an interval of a second
    EXPECT_EQ(s.fsm.deadline(), s.now + 3s);
    s.fsm.on_time(s.now + 3s);
    EXPECT_EQ(s.said(), "closed");
}

// LEASE

TEST(engine_test, Lease_Semantics__no_more_requests_than_the_lease_and_not_after_its_end) {
    auto c = client_config();
    c.lease = true;
    auto e = open_client(c);
    EXPECT_FALSE(e.fsm.may_request(e.now)); // none until the first LEASE
    e.receive({.type = frame_type::lease, .ttl = 1000, .requests = 2});
    EXPECT_TRUE(e.fsm.may_request(e.now));
    e.fsm.request(frame_type::request_fnf, {}, 1, false, nullptr);
    EXPECT_TRUE(e.fsm.may_request(e.now + 999ms));
    EXPECT_FALSE(e.fsm.may_request(e.now + 1000ms));
    e.fsm.request(frame_type::request_fnf, {}, 1, false, nullptr);
    EXPECT_FALSE(e.fsm.may_request(e.now));
    e.receive({.type = frame_type::lease, .ttl = 1000, .requests = 1});
    EXPECT_TRUE(e.fsm.may_request(e.now));
    e.receive({.type = frame_type::lease, .ttl = 0, .requests = 1}); // stops all
    EXPECT_FALSE(e.fsm.may_request(e.now));
}

TEST(engine_test, Lease_Semantics__a_request_without_a_lease_must_be_rejected) {
    auto c = server_config();
    c.lease = true;
    auto setup = a_setup;
    setup.flags = flags::lease;
    auto e = open_server(c, setup);
    const auto ask = [&](std::uint32_t id) {
        return e.receive({.type = frame_type::request_response, .stream = id});
    };
    EXPECT_EQ(ask(1), "ERROR:514");
    e.fsm.lease(1s, 1, e.now);
    EXPECT_EQ(e.said(), "LEASE");
    EXPECT_EQ(ask(3), "request");
    EXPECT_EQ(ask(5), "ERROR:514");
    e.fsm.lease(1s, 1, e.now);
    e.said();
    e.now += 1s;
    EXPECT_EQ(ask(7), "ERROR:514");
}

// RESUME

struct resuming {
    resuming() : client(with(client_config())), server(with(server_config())) {
        client.fsm.connected(client.now);
        server.fsm.connected(server.now);
        pass(client, server);
        server.fsm.accept(server.now);
        pass(client, server);
        client.receive(keepalive);
        server.said();
    }
    static engine_config with(engine_config c) {
        c.resume = true;
        c.token = "t";
        c.retained = 10'000;
        return c;
    }
    /// Brings what one has sent to the other.
    static void pass(end_point& from, end_point& to) {
        for (const auto& f : from.frames())
            to.fsm.receive(bytes_of(f), to.now);
    }
    /// A new connection; gives what the server said of the RESUME.
    std::string reconnect() {
        client.fsm.disconnected(client.now);
        server.fsm.disconnected(server.now);
        client.fsm.connected(client.now);
        const auto f = client.frames().at(0);
        EXPECT_EQ(f.type, frame_type::resume);
        EXPECT_EQ(f.token, "t");
        const bool good = server.fsm.resume(f.position, f.first, server.now);
        return good ? "resumed" : server.said();
    }
    end_point client, server;
};

TEST(engine_test, Resume_Operation__frames_that_were_lost_are_sent_again_exactly) {
    resuming r;
    r.client.fsm.request(frame_type::request_stream, {"q"}, 100, false, nullptr);
    resuming::pass(r.client, r.server);
    EXPECT_EQ(r.server.said(), "request");
    for (int i = 0; i != 10; ++i)
        r.server.fsm.send(1, {std::to_string(i)}, false);
    const auto sent = r.server.frames();
    for (int i = 0; i != 4; ++i)
        r.client.fsm.receive(bytes_of(sent[static_cast<std::size_t>(i)]), r.client.now);
    EXPECT_EQ(r.client.said(), "item item item item");
    EXPECT_EQ(r.reconnect(), "resumed");
    r.server.said();
    r.server.fsm.send(1, {"10"}, true);
    // What said() has taken is lost as well.
    EXPECT_EQ(r.reconnect(), "resumed");
    resuming::pass(r.server, r.client);
    EXPECT_EQ(r.client.said(), "established item item item item item item item");
    EXPECT_EQ(r.client.events.at(1).message.data, "4");
    EXPECT_EQ(r.client.events.back().message.data, "10");
    EXPECT_TRUE(r.client.events.back().complete);
}

TEST(engine_test, Resume_Operation__a_client_must_send_nothing_else_until_it_is_answered) {
    resuming r;
    r.client.fsm.request(frame_type::request_stream, {"q"}, 100, false, nullptr);
    resuming::pass(r.client, r.server);
    EXPECT_EQ(r.reconnect(), "resumed");
    r.client.fsm.grant(1, 5);
    r.client.fsm.receive(
        bytes_of({.type = frame_type::keepalive, .flags = flags::respond}), r.client.now);
    EXPECT_EQ(r.client.said(), "");
    resuming::pass(r.server, r.client); // RESUME_OK
    EXPECT_EQ(r.client.said(), "established REQUEST_N");
}

TEST(engine_test, Resume_Operation__a_position_that_is_not_kept_is_refused_and_both_sides_know) {
    resuming r;
    r.client.fsm.request(frame_type::request_stream, {"q"}, 100, false, nullptr);
    resuming::pass(r.client, r.server);
    r.server.said();
    r.client.fsm.disconnected(r.client.now);
    r.server.fsm.disconnected(r.server.now);
    r.client.fsm.connected(r.client.now);
    r.client.said();
    EXPECT_FALSE(r.server.fsm.resume(max_63, 0, r.server.now)); // it never sent so much
    EXPECT_EQ(r.server.said(), "failed closed ERROR:4");
    EXPECT_EQ(r.client.receive({.type = frame_type::error, .n = 4}), "failed closed");
    EXPECT_EQ(r.client.events.back().error, errc::rejected_resume);
}

TEST(engine_test, Resume_Operation__a_client_whose_frames_are_gone_is_refused) {
    resuming r;
    r.server.fsm.disconnected(r.server.now);
    EXPECT_FALSE(r.server.fsm.resume(0, 1, r.server.now)); // the server has received 0 bytes
    EXPECT_EQ(r.server.said(), "closed ERROR:4");
}

TEST(engine_test, Resume_Operation__a_bad_RESUME_OK_ends_the_session) {
    resuming r;
    r.client.fsm.disconnected(r.client.now);
    r.client.fsm.connected(r.client.now);
    r.client.said();
    EXPECT_EQ(r.client.receive({.type = frame_type::resume_ok, .position = 1}), "closed ERROR:257");
}

TEST(
    engine_test, Resume_Operation__what_is_kept_is_bounded_and_room_comes_with_the_peers_position) {
    resuming r;
    r.client.fsm.request(frame_type::request_stream, {"q"}, 1000, false, nullptr);
    resuming::pass(r.client, r.server);
    r.server.said();
    int sent = 0;
    while (r.server.fsm.has_room() && sent != 1000) {
        r.server.fsm.send(1, {std::string(100, 'x')}, false);
        ++sent;
    }
    EXPECT_EQ(sent, 95);                // of 106 bytes each make 10 000
    resuming::pass(r.server, r.client); // with the KEEPALIVE that asks
    resuming::pass(r.client, r.server);
    EXPECT_TRUE(r.server.fsm.has_room());
}

TEST(engine_test, Resume_Operation__a_session_that_nobody_resumes_ends) {
    resuming r;
    r.client.fsm.request(frame_type::request_stream, {"q"}, 1000, false, nullptr);
    r.client.said();
    r.client.fsm.disconnected(r.client.now);
    EXPECT_EQ(r.client.fsm.deadline(), r.client.now + 60s);
    r.client.fsm.on_time(r.client.now + 60s);
    EXPECT_EQ(r.client.said(), "failed closed");
}

// The end

TEST(engine_test, Handling_the_Unexpected__a_frame_that_makes_no_sense_ends_the_connection) {
    auto e = open_server();
    e.fsm.receive(std::string_view("\0\0\0\1\x1a\0\0", 7), e.now); // REQUEST_STREAM without its n
    EXPECT_EQ(e.said(), ""); // but this one has the ignore flag
    e.fsm.receive(std::string_view("\0\0\0\1\x18\0\0", 7), e.now);
    EXPECT_EQ(e.said(), "closed ERROR:257");
    e.fsm.receive("anything", e.now); // nothing is heard any more
    EXPECT_EQ(e.said(), "");
}

TEST(engine_test, Error_Codes__CONNECTION_CLOSE_lets_streams_end_and_refuses_new_ones) {
    auto e = open_server();
    e.receive({.type = frame_type::request_stream, .stream = 1, .n = 5});
    e.fsm.drain();
    EXPECT_EQ(e.said(), "ERROR:258");
    EXPECT_EQ(e.receive({.type = frame_type::request_response, .stream = 3}), "ERROR:514");
    e.fsm.send(1, {"x"}, false);
    e.fsm.complete(1);
    EXPECT_EQ(e.said(), "PAYLOAD PAYLOAD");
    auto c = open_client();
    c.fsm.request(frame_type::request_stream, {}, 5, false, nullptr);
    c.said();
    EXPECT_EQ(c.receive({.type = frame_type::error, .n = 0x102}), "draining");
    EXPECT_FALSE(c.fsm.may_request(c.now));
}

/// What a stream's owner is given past the events: items, each with a comma, the last with a full stop.
struct consumer final : attachment {
    void take(const item_run& items) override {
        items.each([&](std::string_view data) { (taken += data) += ','; });
    }
    void take_last(std::string_view data) override { (taken += data) += '.'; }
    std::string taken;
};

struct item_test : ::testing::Test {
    std::shared_ptr<consumer> user = std::make_shared<consumer>();
    end_point e = open_client();

    std::uint32_t ask(frame_type type, std::uint32_t n) {
        const auto id = e.fsm.request(type, {}, n, false, user);
        e.said();
        return id;
    }
    static std::string item(
        std::string_view data,
        std::uint16_t more = 0,
        std::optional<std::string_view> metadata = {},
        std::uint32_t stream = 1) {
        std::string out;
        encode(
            frame{
                .type = frame_type::payload,
                .stream = stream,
                .flags = static_cast<std::uint16_t>(flags::next | more),
                .metadata = metadata,
                .data = data},
            out);
        return out;
    }
    /// All of these came in one read. Gives what is not a whole frame.
    std::string come(std::string_view bytes) {
        for (;;) {
            if (const auto n = e.fsm.receive_items(bytes, e.now)) {
                bytes.remove_prefix(n);
                continue;
            }
            const auto f = next_frame(bytes, max_frame_size);
            if (!f)
                return std::string(bytes);
            e.fsm.receive(*f, e.now);
        }
    }
};

TEST_F(item_test, Payload__an_item_does_not_overtake_one_that_came_as_an_event) {
    ask(frame_type::request_stream, 10);

    come(item("a") + item("b", 0, "with metadata") + item("c") + item("d", flags::complete));

    EXPECT_EQ(user->taken, "a,");
    EXPECT_EQ(e.said(), "item item item");
}

TEST_F(item_test, Payload__items_in_a_row_are_handed_on_together_up_to_a_part_of_one) {
    ask(frame_type::request_stream, 10);
    const auto whole = item("a") + item("") + item(std::string(2000, 'l')) + item("b");
    const auto part = item("rest").substr(0, 12);

    EXPECT_EQ(come(whole + part), part);

    EXPECT_EQ(user->taken, "a,," + std::string(2000, 'l') + ",b,");
    EXPECT_EQ(e.said(), "");
}

TEST_F(item_test, Payload__an_item_beyond_the_credit_is_none_of_the_others) {
    ask(frame_type::request_stream, 2);

    come(item("a") + item("b") + item("c"));

    EXPECT_EQ(user->taken, "a,b,");
    EXPECT_EQ(e.said(), "failed CANCEL");
}

TEST_F(item_test, Payload__the_last_item_ends_its_stream) {
    ask(frame_type::request_stream, 2);
    ask(frame_type::request_response, 1);

    come(item("a") + item("b", flags::complete) + item("c", flags::complete, {}, 3));

    EXPECT_EQ(user->taken, "a,b.c.");
    EXPECT_EQ(e.said(), "");
    EXPECT_EQ(e.fsm.open_streams(), 0U);
}

TEST_F(item_test, Payload__items_of_two_streams_take_turns) {
    ask(frame_type::request_stream, 2);
    ask(frame_type::request_stream, 2);

    come(item("a") + item("b", 0, {}, 3) + item("c") + item("d", 0, {}, 3));

    EXPECT_EQ(user->taken, "a,b,c,d,");
}

} // namespace
} // namespace streamx::rsocket
