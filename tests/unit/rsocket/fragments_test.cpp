// What comes and goes in fragments, and what a peer that does not end them may take.

#include "engine_support.hpp"

#include <streamx/core/error.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::rsocket {
namespace {

TEST(fragments_test, Fragmentation__what_is_sent_in_fragments_arrives_whole) {
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

TEST(fragments_test, Fragmentation__F_is_ignored_with_C_and_a_cancelled_sequence_is_forgotten) {
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

TEST(fragments_test, Fragmentation__what_grows_beyond_the_limit_is_refused) {
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

TEST(fragments_test, Handling_the_Unexpected__fragments_without_an_end_take_bounded_memory) {
    auto c = server_config();
    c.message = 1000;
    auto e = open_server(c);
    e.receive({.type = frame_type::request_response, .stream = 1, .flags = flags::follows});
    unsigned taken = 0;
    while (e.fsm.open_streams() != 0 && taken != 100) {
        e.receive(
            {.type = frame_type::payload,
             .stream = 1,
             .flags = flags::next | flags::follows,
             .data = "0123456789012345678901234567890123456789012345678"});
        ++taken;
    }
    EXPECT_EQ(taken, 21U); // 20 of 49 bytes fit
}

// All streams of a connection together

/// The first fragment of a request, and one more of whatever it is of.
frame begun(
    std::uint32_t stream, std::string_view data, frame_type type = frame_type::request_response) {
    return {.type = type, .stream = stream, .flags = flags::follows, .n = 9, .data = data};
}
frame more(std::uint32_t stream, std::string_view data) {
    return {
        .type = frame_type::payload,
        .stream = stream,
        .flags = flags::next | flags::follows,
        .data = data};
}
frame last(std::uint32_t stream, std::string_view data) {
    return {.type = frame_type::payload, .stream = stream, .flags = flags::next, .data = data};
}

/// Messages of 10 bytes at most, and of 20 that are not whole.
engine_config small(engine_config c) {
    c.message = 10;
    c.unfinished = 20;
    return c;
}

/// A server to which 20 bytes have come, 10 on each of the streams 1 and 3.
end_point full_server() {
    auto e = open_server(small(server_config()));
    for (const std::uint32_t id : {1, 3}) {
        EXPECT_EQ(e.receive(begun(id, "1234", frame_type::request_channel)), "");
        EXPECT_EQ(e.receive(more(id, "567890")), "");
    }
    EXPECT_EQ(e.fsm.unfinished(), 20U);
    return e;
}

TEST(fragments_test, Unfinished__one_byte_too_many_of_all_streams_fails_its_own_only) {
    auto e = full_server();

    EXPECT_EQ(e.receive(begun(5, "")), "");
    EXPECT_EQ(e.receive(more(5, "x")), "ERROR:516");
    EXPECT_EQ(e.receive(begun(7, "x")), "ERROR:516");
    EXPECT_EQ(e.receive(begun(9, "x", frame_type::request_fnf)), ""); // which nobody is told of

    EXPECT_EQ(e.fsm.unfinished(), 20U);
    EXPECT_EQ(e.fsm.open_streams(), 2U);
    EXPECT_EQ(e.receive(last(7, "y")), ""); // behind what was refused
    EXPECT_EQ(e.receive(last(1, "")), "request");
    EXPECT_EQ(e.events.front().message.data, "1234567890");
}

TEST(fragments_test, Unfinished__what_is_whole_needs_no_room) {
    auto e = full_server();
    EXPECT_EQ(
        e.receive({.type = frame_type::request_response, .stream = 5, .data = "1234567890"}),
        "request");
    e.receive({.type = frame_type::cancel, .stream = 3});
    EXPECT_EQ(e.receive(begun(7, "1")), "");
    EXPECT_EQ(e.receive(begun(9, "123456789")), "");
    EXPECT_EQ(e.fsm.unfinished(), 20U);
    EXPECT_EQ(e.receive(last(7, "234567890")), "request");
    EXPECT_EQ(e.fsm.unfinished(), 19U);
}

TEST(fragments_test, Unfinished__metadata_counts) {
    auto e = open_server(small(server_config()));
    auto f = begun(1, "1");
    f.metadata = "123456789";
    EXPECT_EQ(e.receive(f), "");
    EXPECT_EQ(e.fsm.unfinished(), 10U);
    EXPECT_EQ(e.receive(last(1, "")), "request");
    EXPECT_EQ(e.fsm.unfinished(), 0U);
}

TEST(fragments_test, Unfinished__room_comes_back_however_a_message_ends) {
    const std::pair<const char*, void (*)(end_point&)> cases[] = {
        {"whole", [](end_point& e) { EXPECT_EQ(e.receive(last(1, "")), "request"); }},
        {"cancelled", [](end_point& e) { e.receive({.type = frame_type::cancel, .stream = 1}); }},
        {"failed by the peer",
         [](end_point& e) { e.receive({.type = frame_type::error, .stream = 1, .n = 0x201}); }},
        {"larger than one may be",
         [](end_point& e) { EXPECT_EQ(e.receive(more(1, "x")), "ERROR:516"); }},
        {"failed here", [](end_point& e) { e.fsm.fail(1, errc::application_error, "no"); }},
    };
    for (const auto& [how, end] : cases) {
        SCOPED_TRACE(how);
        auto e = full_server();
        end(e);
        EXPECT_EQ(e.fsm.unfinished(), 10U);
        e.said();
        EXPECT_EQ(e.receive(begun(5, "1234567890")), "");
        EXPECT_EQ(e.receive(begun(7, "x")), "ERROR:516");
    }
}

TEST(fragments_test, Unfinished__room_comes_back_when_a_channel_that_is_open_ends) {
    const std::pair<const char*, void (*)(end_point&)> cases[] = {
        {"no more wanted", [](end_point& e) { e.fsm.cancel(1); }},
        {"failed here", [](end_point& e) { e.fsm.fail(1, errc::application_error, "no"); }},
        {"cancelled", [](end_point& e) { e.receive({.type = frame_type::cancel, .stream = 1}); }},
        {"whole", [](end_point& e) { EXPECT_EQ(e.receive(last(1, "")), "item"); }},
        {"more than was asked for",
         [](end_point& e) {
             e.receive(last(1, ""));
             EXPECT_EQ(e.receive(more(1, "x")), "");
             EXPECT_EQ(e.receive(last(1, "")), "failed ERROR:516");
         }},
    };
    for (const auto& [how, end] : cases) {
        SCOPED_TRACE(how);
        auto e = open_server(small(server_config()));
        EXPECT_EQ(e.receive({.type = frame_type::request_channel, .stream = 1, .n = 9}), "request");
        e.fsm.grant(1, 1);
        EXPECT_EQ(e.receive(more(1, "1234567890")), "REQUEST_N");
        EXPECT_EQ(e.receive(begun(3, "1234567890")), "");
        end(e);
        EXPECT_EQ(e.fsm.unfinished(), 10U);
    }
}

TEST(fragments_test, Unfinished__room_comes_back_with_the_end_of_the_connection) {
    auto lost = full_server();
    lost.fsm.disconnected(lost.now);
    EXPECT_EQ(lost.fsm.unfinished(), 0U);
    auto refused = full_server();
    refused.fsm.refuse(errc::connection_error, "no");
    EXPECT_EQ(refused.fsm.unfinished(), 0U);
}

TEST(fragments_test, Unfinished__a_session_that_is_resumed_keeps_it) {
    auto c = small(server_config());
    c.resume = true;
    auto setup = a_setup;
    setup.flags = flags::resume;
    setup.token = "t";
    auto e = open_server(c, setup);
    EXPECT_EQ(e.receive(begun(1, "1234567890")), "");
    const auto received = bytes_of(begun(1, "1234567890")).size();

    e.fsm.disconnected(e.now);
    EXPECT_EQ(e.fsm.unfinished(), 10U);
    EXPECT_TRUE(e.fsm.resume(0, received, e.now));
    EXPECT_EQ(e.said(), "established RESUME_OK");
    EXPECT_EQ(e.receive(last(1, "")), "request");
    EXPECT_EQ(e.fsm.unfinished(), 0U);
}

TEST(fragments_test, Unfinished__items_that_come_to_a_requester_count_too) {
    auto e = open_client(small(client_config()));
    for (unsigned i = 0; i != 3; ++i)
        e.fsm.request(frame_type::request_stream, {}, 9, false, nullptr);
    e.said();
    EXPECT_EQ(e.receive(more(1, "1234567890")), "");
    EXPECT_EQ(e.receive(more(3, "1234567890")), "");

    EXPECT_EQ(e.receive(more(5, "x")), "failed CANCEL");
    EXPECT_EQ(e.events.front().error, streamx::errc::message_too_big);

    EXPECT_EQ(e.receive(last(1, "")), "item");
    e.fsm.cancel(3);
    EXPECT_EQ(e.fsm.unfinished(), 0U);
}

TEST(fragments_test, Unfinished__one_message_alone_always_fits) {
    auto c = small(server_config());
    c.unfinished = 1;
    auto e = open_server(c);
    EXPECT_EQ(e.receive(begun(1, "123456789")), "");
    EXPECT_EQ(e.receive(more(1, "0")), "");
    EXPECT_EQ(e.receive(begun(3, "x")), "ERROR:516");
    EXPECT_EQ(e.receive(last(1, "")), "request");
    EXPECT_EQ(e.receive(begun(5, "1234567890")), "");
}

} // namespace
} // namespace streamx::rsocket
