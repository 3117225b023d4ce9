#include "engine_support.hpp"

#include <streamx/core/error.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

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

} // namespace
} // namespace streamx::rsocket
