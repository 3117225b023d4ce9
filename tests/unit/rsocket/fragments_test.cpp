// What comes and goes in fragments, and what a peer that does not end them may take.

#include "engine_support.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

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

} // namespace
} // namespace streamx::rsocket
