// What the protocol demands and no other test here is about. musts.txt has the whole list.

#include "engine_support.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::rsocket {
namespace {

const frame keepalive{.type = frame_type::keepalive};

constexpr frame_type every_type[] = {
    frame_type::setup,
    frame_type::lease,
    frame_type::keepalive,
    frame_type::request_response,
    frame_type::request_fnf,
    frame_type::request_stream,
    frame_type::request_channel,
    frame_type::request_n,
    frame_type::cancel,
    frame_type::payload,
    frame_type::error,
    frame_type::metadata_push,
    frame_type::resume,
    frame_type::resume_ok,
    frame_type::ext};

engine_config with_lease(engine_config c) {
    c.lease = true;
    return c;
}
engine_config with_resume(engine_config c) {
    c.resume = true;
    c.token = "t";
    return c;
}
end_point connected(engine_config c) {
    end_point e(std::move(c));
    e.fsm.connected(e.now);
    return e;
}
end_point leasing_server(frame setup = a_setup) {
    setup.flags = flags::lease;
    return open_server(with_lease(server_config()), setup);
}
end_point lost_client() {
    auto e = open_client(with_resume(client_config()));
    e.fsm.disconnected(e.now);
    e.fsm.connected(e.now);
    return e;
}

// Frames

TEST(must_test, Framing__the_length_is_before_each_frame_and_is_not_of_itself) {
    auto e = open_client();
    e.fsm.push_metadata("four");
    e.fsm.push_metadata("");
    EXPECT_EQ(
        e.fsm.out,
        std::string_view(
            "\0\0\x0a\0\0\0\0\x31\0four"
            "\0\0\6\0\0\0\0\x31\0",
            22));
}

TEST(must_test, Frame_Header_Format__every_frame_has_room_for_the_flags_I_and_M) {
    for (const auto type : every_type) {
        SCOPED_TRACE(name_of(type));
        const auto f =
            decode_header(bytes_of({.type = type, .flags = flags::ignore, .metadata = ""}));
        ASSERT_TRUE(f);
        EXPECT_EQ(f->type, type);
        EXPECT_TRUE(f->has(flags::ignore));
        EXPECT_TRUE(f->has(flags::metadata));
    }
}

TEST(must_test, Metadata_Optional_Header__is_between_the_header_and_the_data) {
    const auto bytes =
        bytes_of({.type = frame_type::payload, .stream = 1, .metadata = "mm", .data = "d"});
    EXPECT_EQ(bytes.substr(6), std::string("\0\0\2mmd", 6));
}

TEST(must_test, Metadata_Optional_Header__a_length_beyond_the_frame_ends_the_connection_unless_I) {
    auto bytes = bytes_of({.type = frame_type::request_response, .stream = 1, .metadata = "m"});
    bytes[8] = 2;
    auto e = open_server();
    bytes[4] = static_cast<char>(bytes[4] | 2); // I
    e.fsm.receive(bytes, e.now);
    EXPECT_EQ(e.said(), "");
    bytes[4] = static_cast<char>(bytes[4] & ~2);
    e.fsm.receive(bytes, e.now);
    EXPECT_EQ(e.said(), "closed ERROR:257");
}

// Stream ids

TEST(must_test, Stream_Identifiers__after_the_last_they_begin_again_and_leave_out_those_in_use) {
    auto c = client_config();
    auto s = server_config();
    c.last_stream = max_31 - 2;
    s.last_stream = max_31 - 3;
    auto client = open_client(c);
    auto server = open_server(s);
    const auto ids = [](end_point& e) {
        std::vector<std::uint32_t> list;
        for (unsigned i = 0; i != 4; ++i)
            list.push_back(e.fsm.request(frame_type::request_stream, {}, 1, false, nullptr));
        return list;
    };
    EXPECT_EQ(ids(client), (std::vector<std::uint32_t>{max_31, 1, 3, 5}));
    EXPECT_EQ(ids(server), (std::vector<std::uint32_t>{max_31 - 1, 2, 4, 6}));
    auto crowded = client_config();
    auto e = open_client(crowded);
    e.fsm.request(frame_type::request_stream, {}, 1, false, nullptr);
    e.fsm.request(frame_type::request_fnf, {}, 1, false, nullptr);
    e.fsm.config().last_stream = max_31;
    EXPECT_EQ(e.fsm.request(frame_type::request_fnf, {}, 1, false, nullptr), 3U); // 1 is in use
}

TEST(must_test, Stream_Identifiers__a_responder_takes_an_id_again_that_is_free) {
    auto e = open_server();
    const frame request{.type = frame_type::request_response, .stream = 1};
    for (unsigned i = 0; i != 3; ++i) {
        EXPECT_EQ(e.receive(request), "request");
        EXPECT_EQ(e.receive(request), "");
        e.fsm.send(1, {"x"}, true);
        e.said();
    }
}

// The connection

/// What came on stream 0, and whether this type is ignored on another one, in use or not.
void belongs_to_the_connection(end_point& from, frame_type type) {
    const auto frames = from.frames();
    EXPECT_FALSE(frames.empty());
    for (const auto& f : frames) {
        EXPECT_EQ(f.type, type);
        EXPECT_EQ(f.stream, 0U);
    }
    auto server = leasing_server();
    server.fsm.lease(1s, 1, server.now);
    server.receive({.type = frame_type::request_stream, .stream = 1, .n = 1});
    auto client = open_client(with_lease(client_config()));
    for (const std::uint32_t stream : {1U, 3U, max_31}) {
        EXPECT_EQ(server.receive({.type = type, .stream = stream, .flags = flags::respond}), "");
        EXPECT_EQ(client.receive({.type = type, .stream = stream, .flags = flags::respond}), "");
    }
}

TEST(must_test, Lease_Frame__is_sent_on_stream_0_and_ignored_on_others) {
    auto e = leasing_server();
    e.fsm.lease(1s, 1, e.now);
    belongs_to_the_connection(e, frame_type::lease);
}

TEST(must_test, Keepalive_Frame__is_sent_on_stream_0_and_ignored_on_others) {
    auto e = open_client();
    e.fsm.on_time(e.now + 10s);
    belongs_to_the_connection(e, frame_type::keepalive);
}

TEST(must_test, Metadata_Push_Frame__is_sent_on_stream_0_and_ignored_on_others) {
    auto e = open_server();
    e.fsm.push_metadata("m");
    belongs_to_the_connection(e, frame_type::metadata_push);
}

TEST(must_test, Resume_Frame__is_sent_on_stream_0_and_ignored_on_others) {
    auto e = lost_client();
    belongs_to_the_connection(e, frame_type::resume);
}

TEST(must_test, Resume_Ok_Frame__is_sent_on_stream_0_and_ignored_on_others) {
    auto setup = a_setup;
    setup.flags = flags::resume;
    auto e = open_server(with_resume(server_config()), setup);
    e.fsm.disconnected(e.now);
    EXPECT_TRUE(e.fsm.resume(0, 0, e.now));
    belongs_to_the_connection(e, frame_type::resume_ok);
}

TEST(must_test, Setup_Frame__MIME_types_are_passed_on_as_they_are_without_a_zero_behind_them) {
    auto c = client_config();
    c.metadata_mime = "no such/type";
    c.data_mime = "Text/PLAIN";
    auto client = connected(c);
    const auto setup = client.frames().at(0);
    EXPECT_EQ(setup.metadata_mime, c.metadata_mime);
    EXPECT_EQ(setup.data_mime, c.data_mime);
    auto server = connected(server_config());
    EXPECT_EQ(server.receive(setup), "setup");
    EXPECT_EQ(server.events.at(0).metadata_mime, c.metadata_mime);
    EXPECT_EQ(server.events.at(0).data_mime, c.data_mime);
}

TEST(must_test, Setup_Frame__a_client_announces_times_above_0) {
    using std::chrono::milliseconds;
    const std::pair<milliseconds, std::uint32_t> cases[] = {
        {0ms, 1}, {1ms, 1}, {milliseconds(max_31), max_31}, {24h * 365, max_31}};
    for (const auto& [time, sent] : cases) {
        auto c = client_config();
        c.interval = c.lifetime = time;
        auto e = connected(c);
        const auto setup = e.frames().at(0);
        EXPECT_EQ(setup.interval, sent);
        EXPECT_EQ(setup.lifetime, sent);
    }
}

TEST(must_test, Error_Frame__its_text_has_no_zero_behind_it) {
    auto e = open_server();
    e.receive({.type = frame_type::request_response, .stream = 1});
    e.fsm.fail(1, errc::application_error, "boom");
    EXPECT_EQ(e.frames().at(0).data, "boom");
}

TEST(
    must_test,
    Error_Codes__those_of_a_connection_are_on_stream_0_and_those_of_a_stream_on_its_own) {
    for (const auto code : {errc::invalid_setup, errc::rejected_setup, errc::connection_error}) {
        auto e = connected(server_config());
        e.fsm.refuse(code, "");
        EXPECT_EQ(e.frames().at(0).stream, 0U);
    }
    for (const auto code :
         {errc::application_error, errc::rejected, errc::canceled, errc::invalid}) {
        auto e = open_server();
        e.receive({.type = frame_type::request_response, .stream = 5});
        e.fsm.fail(5, code, "");
        EXPECT_EQ(e.frames().at(0).stream, 5U);
    }
}

TEST(must_test, Error_Codes__0_is_none_and_never_means_success) {
    auto e = open_client();
    e.fsm.request(frame_type::request_response, {}, 1, false, nullptr);
    e.said();
    EXPECT_EQ(e.receive({.type = frame_type::error, .stream = 1, .n = 0}), "failed");
    EXPECT_EQ(e.events.at(0).error, errc::application_error);
    EXPECT_EQ(e.receive({.type = frame_type::error, .n = 0}), "closed");
    EXPECT_EQ(e.events.at(0).error, errc::connection_error);
}

// LEASE

TEST(must_test, Lease_Frame__is_sent_with_numbers_above_0_or_not_at_all) {
    auto e = leasing_server();
    e.fsm.lease(0ms, 1, e.now);
    const auto least = e.frames();
    ASSERT_EQ(least.size(), 1U);
    EXPECT_EQ(least.front().ttl, 1U);
    e.fsm.lease(1s, 0, e.now);
    EXPECT_EQ(e.said(), "");
    EXPECT_EQ(e.receive({.type = frame_type::request_response, .stream = 1}), "ERROR:514");
}

TEST(must_test, Lease_Frame__its_metadata_has_no_length) {
    const auto bytes =
        bytes_of({.type = frame_type::lease, .ttl = 1, .requests = 1, .metadata = "m"});
    EXPECT_EQ(bytes.size(), 6U + 8 + 1);
}

TEST(must_test, Lease_Frame__one_request_in_fragments_is_one_of_the_lease) {
    auto e = leasing_server();
    e.fsm.lease(1s, 1, e.now);
    e.said();
    EXPECT_EQ(
        e.receive({.type = frame_type::request_response, .stream = 1, .flags = flags::follows}),
        "");
    EXPECT_EQ(
        e.receive(
            {.type = frame_type::payload, .stream = 1, .flags = flags::next | flags::follows}),
        "");
    EXPECT_EQ(
        e.receive({.type = frame_type::payload, .stream = 1, .flags = flags::next}), "request");
    EXPECT_EQ(e.receive({.type = frame_type::request_response, .stream = 3}), "ERROR:514");
}

// KEEPALIVE

TEST(must_test, Keepalive_Frame__a_client_asks_for_an_answer_again_and_again) {
    auto e = open_client();
    for (unsigned i = 0; i != 3; ++i) {
        e.now += 10s;
        e.fsm.on_time(e.now);
        const auto f = e.frames();
        ASSERT_EQ(f.size(), 1U);
        EXPECT_EQ(f.front().type, frame_type::keepalive);
        EXPECT_TRUE(f.front().has(flags::respond));
        EXPECT_EQ(f.front().position, 0U); // as there is no resumption
        e.receive(keepalive);
    }
}

// METADATA_PUSH and EXT

TEST(must_test, Metadata_Push_Frame__its_metadata_has_no_length) {
    EXPECT_EQ(bytes_of({.type = frame_type::metadata_push, .metadata = "m"}).size(), 6U + 1);
}

// Requests

TEST(must_test, Request_Channel__one_REQUEST_CHANNEL_then_PAYLOAD_and_none_behind_the_last) {
    auto e = open_client();
    const auto id = e.fsm.request(frame_type::request_channel, {"a"}, 5, false, nullptr);
    EXPECT_EQ(e.said(), "REQUEST_CHANNEL");
    EXPECT_EQ(e.fsm.credit(id), 0U);
    e.receive({.type = frame_type::request_n, .stream = id, .n = 9});
    e.fsm.send(id, {"b"}, false);
    e.fsm.send(id, {"c"}, true);
    EXPECT_EQ(e.said(), "PAYLOAD PAYLOAD");
    EXPECT_EQ(e.fsm.credit(id), 0U);
    e.fsm.complete(id);
    EXPECT_EQ(e.said(), "");
}

TEST(must_test, Payload_Frame__has_next_or_complete) {
    auto c = server_config();
    c.fragment = 64;
    auto e = open_server(c);
    e.receive({.type = frame_type::request_stream, .stream = 1, .n = 9});
    e.fsm.send(1, {"small"}, false);
    e.fsm.send(1, {std::string(200, 'x'), "m"}, false);
    while (e.fsm.has_fragments(1))
        e.fsm.send_fragment(1);
    e.fsm.complete(1);
    const auto frames = e.frames();
    EXPECT_GT(frames.size(), 5U);
    for (const auto& f : frames)
        EXPECT_TRUE(f.has(flags::next) || f.has(flags::complete));
}

TEST(must_test, Request_N_Frame__0_is_never_sent) {
    auto e = open_client();
    e.fsm.request(frame_type::request_stream, {}, 1, false, nullptr);
    e.said();
    e.fsm.grant(1, 0);
    EXPECT_EQ(e.said(), "");
    e.fsm.grant(1, max_31);
    EXPECT_EQ(e.frames().at(0).n, max_31);
}

TEST(must_test, Stream_Sequences__what_comes_behind_the_end_of_a_stream_is_nothing) {
    auto e = open_client();
    const auto id = e.fsm.request(frame_type::request_stream, {}, 9, false, nullptr);
    e.said();
    e.receive({.type = frame_type::payload, .stream = id, .flags = flags::complete});
    EXPECT_EQ(e.receive({.type = frame_type::payload, .stream = id, .flags = flags::next}), "");
    EXPECT_EQ(e.receive({.type = frame_type::error, .stream = id, .n = 0x201}), "");
    EXPECT_EQ(e.fsm.request(frame_type::request_stream, {}, 9, false, nullptr), id + 2);
}

// The beginning of a connection

TEST(must_test, Connection_Establishment__a_client_that_wants_leases_waits_for_one) {
    auto e = connected(with_lease(client_config()));
    EXPECT_TRUE(e.frames().at(0).has(flags::lease));
    e.receive(keepalive);
    EXPECT_FALSE(e.fsm.may_request(e.now));
    e.receive({.type = frame_type::lease, .ttl = 1000, .requests = 1});
    EXPECT_TRUE(e.fsm.may_request(e.now));
}

TEST(must_test, Connection_Establishment__a_client_that_wants_leases_gives_one) {
    auto client = connected(with_lease(client_config()));
    auto server = connected(with_lease(server_config()));
    server.receive(client.frames().at(0));
    server.fsm.accept(server.now);
    EXPECT_FALSE(server.fsm.may_request(server.now));
    EXPECT_EQ(client.receive(keepalive), "established LEASE");
    client.fsm.disconnected(client.now);

    auto other = connected(with_lease(client_config()));
    other.said();
    other.fsm.receive(bytes_of(keepalive), other.now);
    EXPECT_EQ(server.receive(other.frames().at(0)), "leased");
    EXPECT_TRUE(server.fsm.may_request(server.now));
    other.said();
    EXPECT_EQ(other.receive({.type = frame_type::request_fnf, .stream = 2}), "request");
}

TEST(
    must_test, Connection_Establishment__nothing_is_sent_on_a_stream_before_the_setup_is_accepted) {
    auto server = connected(server_config());
    server.receive(a_setup);
    EXPECT_FALSE(server.fsm.may_request(server.now));
    EXPECT_FALSE(server.fsm.has_room());
    auto client = connected(client_config());
    EXPECT_FALSE(client.fsm.may_request(client.now));
    EXPECT_FALSE(client.fsm.has_room());
}

TEST(must_test, Connection_Establishment__what_is_not_accepted_is_told_and_the_connection_closed) {
    for (const auto code : {errc::invalid_setup, errc::unsupported_setup, errc::rejected_setup}) {
        auto server = connected(server_config());
        server.receive(a_setup);
        server.fsm.refuse(code, "no");
        EXPECT_EQ(server.said(), "closed ERROR:" + std::to_string(static_cast<unsigned>(code)));
        auto client = connected(client_config());
        client.said();
        EXPECT_EQ(
            client.receive({.type = frame_type::error, .n = static_cast<std::uint32_t>(code)}),
            "closed");
    }
}

// Resumption

TEST(must_test, Resume_Operation__the_client_says_the_token_of_its_setup_and_its_exact_position) {
    auto e = connected(with_resume(client_config()));
    EXPECT_EQ(e.frames().at(0).token, "t");
    e.receive(keepalive);
    e.fsm.request(frame_type::request_stream, {}, 9, false, nullptr);
    e.said();
    const frame item{.type = frame_type::payload, .stream = 1, .flags = flags::next, .data = "abc"};
    e.receive(item);
    e.receive({.type = frame_type::metadata_push, .metadata = "does not count"});
    e.fsm.disconnected(e.now);
    e.fsm.connected(e.now);
    const auto frames = e.frames();
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].type, frame_type::resume);
    EXPECT_EQ(frames[0].token, "t");
    EXPECT_EQ(frames[0].position, bytes_of(item).size());
}

TEST(must_test, Resume_Operation__a_frame_that_is_ignored_counts_for_the_position_too) {
    auto e = open_client(with_resume(client_config()));
    auto bad = bytes_of(
        {.type = frame_type::payload, .stream = 1, .flags = flags::ignore, .metadata = "m"});
    bad[8] = 9;
    e.fsm.receive(bad, e.now);
    const frame unknown{.type = frame_type::payload, .stream = 9, .flags = flags::next};
    e.receive(unknown);
    e.fsm.disconnected(e.now);
    e.fsm.connected(e.now);
    EXPECT_EQ(e.frames().at(0).position, bad.size() + bytes_of(unknown).size());
}

TEST(must_test, Resume_Operation__after_REJECTED_RESUME_or_an_error_there_is_no_other_attempt) {
    for (const std::uint32_t code : {0x004U, 0x101U}) {
        auto e = lost_client();
        e.said();
        EXPECT_EQ(e.receive({.type = frame_type::error, .n = code}), "closed");
        EXPECT_FALSE(e.fsm.resumable());
        e.fsm.disconnected(e.now);
        e.fsm.connected(e.now);
        EXPECT_EQ(e.said(), "");
    }
}

TEST(must_test, Resume_Operation__a_server_that_does_not_resume_says_REJECTED_RESUME) {
    auto e = connected(server_config());
    EXPECT_EQ(e.receive({.type = frame_type::resume, .major = 1, .token = "t"}), "closed ERROR:4");
}

TEST(must_test, Resume_Operation__leases_begin_anew) {
    auto e = open_client(with_lease(with_resume(client_config())));
    e.receive({.type = frame_type::lease, .ttl = 60'000, .requests = 9});
    EXPECT_TRUE(e.fsm.may_request(e.now));
    e.fsm.disconnected(e.now);
    e.fsm.connected(e.now);
    EXPECT_EQ(e.said(), "RESUME");
    EXPECT_EQ(e.receive({.type = frame_type::resume_ok}), "established LEASE");
    EXPECT_FALSE(e.fsm.may_request(e.now));
    e.receive({.type = frame_type::lease, .ttl = 60'000, .requests = 9});
    EXPECT_TRUE(e.fsm.may_request(e.now));
}

// Handling the Unexpected

TEST(must_test, Handling_the_Unexpected__flags_without_a_meaning_are_ignored) {
    auto e = open_server();
    EXPECT_EQ(
        e.receive({.type = frame_type::request_response, .stream = 1, .flags = 0x07F}), "request");
    EXPECT_EQ(e.receive({.type = frame_type::cancel, .stream = 1, .flags = 0x0FF}), "cancelled");
}

} // namespace
} // namespace streamx::rsocket
