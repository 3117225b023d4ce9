#include "engine_support.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace streamx::rsocket {
namespace {

/// Every kind of frame, sensible by itself.
const std::vector<std::pair<std::string, frame>> every_frame{
    {"SETUP", a_setup},
    {"LEASE", {.type = frame_type::lease, .ttl = 1000, .requests = 5}},
    {"KEEPALIVE", {.type = frame_type::keepalive}},
    {"KEEPALIVE R", {.type = frame_type::keepalive, .flags = flags::respond, .data = "d"}},
    {"REQUEST_RESPONSE", {.type = frame_type::request_response, .stream = 1}},
    {"REQUEST_RESPONSE new", {.type = frame_type::request_response, .stream = 7}},
    {"REQUEST_RESPONSE of the other side", {.type = frame_type::request_response, .stream = 8}},
    {"REQUEST_RESPONSE 0", {.type = frame_type::request_response, .stream = 0}},
    {"REQUEST_FNF", {.type = frame_type::request_fnf, .stream = 7}},
    {"REQUEST_STREAM", {.type = frame_type::request_stream, .stream = 7, .n = 1}},
    {"REQUEST_STREAM n 0", {.type = frame_type::request_stream, .stream = 7, .n = 0}},
    {"REQUEST_CHANNEL", {.type = frame_type::request_channel, .stream = 7, .n = 1}},
    {"REQUEST_CHANNEL n 0", {.type = frame_type::request_channel, .stream = 7, .n = 0}},
    {"REQUEST_N", {.type = frame_type::request_n, .stream = 1, .n = 1}},
    {"REQUEST_N 0", {.type = frame_type::request_n, .stream = 1, .n = 0}},
    {"REQUEST_N unknown", {.type = frame_type::request_n, .stream = 9, .n = 1}},
    {"REQUEST_N on 0", {.type = frame_type::request_n, .stream = 0, .n = 1}},
    {"CANCEL", {.type = frame_type::cancel, .stream = 1}},
    {"CANCEL unknown", {.type = frame_type::cancel, .stream = 9}},
    {"CANCEL 0", {.type = frame_type::cancel, .stream = 0}},
    {"PAYLOAD", {.type = frame_type::payload, .stream = 1, .flags = flags::next}},
    {"PAYLOAD C", {.type = frame_type::payload, .stream = 1, .flags = flags::complete}},
    {"PAYLOAD neither", {.type = frame_type::payload, .stream = 1}},
    {"PAYLOAD unknown", {.type = frame_type::payload, .stream = 9, .flags = flags::next}},
    {"PAYLOAD 0", {.type = frame_type::payload, .stream = 0, .flags = flags::next}},
    {"ERROR", {.type = frame_type::error, .stream = 1, .n = 0x201}},
    {"ERROR unknown", {.type = frame_type::error, .stream = 9, .n = 0x201}},
    {"ERROR REJECTED_SETUP", {.type = frame_type::error, .n = 0x003}},
    {"ERROR REJECTED_RESUME", {.type = frame_type::error, .n = 0x004}},
    {"ERROR CONNECTION_ERROR", {.type = frame_type::error, .n = 0x101}},
    {"ERROR CONNECTION_CLOSE", {.type = frame_type::error, .n = 0x102}},
    {"METADATA_PUSH", {.type = frame_type::metadata_push, .metadata = "m"}},
    {"METADATA_PUSH 1", {.type = frame_type::metadata_push, .stream = 1, .metadata = "m"}},
    {"RESUME", {.type = frame_type::resume, .major = 1, .token = "t"}},
    {"RESUME_OK", {.type = frame_type::resume_ok}},
    {"EXT", {.type = frame_type::ext, .n = 1}},
    {"EXT I", {.type = frame_type::ext, .flags = flags::ignore, .n = 1}},
    {"unknown", {.type = static_cast<frame_type>(0x20)}},
    {"unknown I", {.type = static_cast<frame_type>(0x20), .flags = flags::ignore}},
    {"reserved", {.type = static_cast<frame_type>(0)}},
};

using reactions = std::map<std::string, std::string>;

/// Every frame, given to a fresh copy of this state: what is not in the table must be ignored.
template <class Make>
void expect(Make make, const reactions& table) {
    for (const auto& [name, f] : every_frame) {
        SCOPED_TRACE(name);
        auto e = make();
        const auto found = table.find(name);
        EXPECT_EQ(e.receive(f), found == table.end() ? "" : found->second);
        // Whatever it was, the engine is still of sound mind.
        e.fsm.on_time(e.now + 24h);
        e.fsm.disconnected(e.now);
    }
}

const std::string unknown_frame = "closed ERROR:257";

TEST(
    engine_states_test,
    Connection_Establishment__a_server_takes_SETUP_or_RESUME_first_and_nothing_else) {
    reactions table;
    for (const auto& [name, f] : every_frame)
        table[name] = "closed ERROR:1"; // INVALID_SETUP
    table["SETUP"] = "setup";
    table["RESUME"] = "closed ERROR:4"; // REJECTED_RESUME, as it does not resume
    expect(
        [] {
            end_point e(server_config());
            e.fsm.connected(e.now);
            return e;
        },
        table);
}

TEST(engine_states_test, Handling_the_Unexpected__an_idle_server) {
    expect(
        [] { return open_server(); },
        {{"KEEPALIVE R", "KEEPALIVE"},
         {"REQUEST_RESPONSE", "request"},
         {"REQUEST_RESPONSE new", "request"},
         {"REQUEST_FNF", "request"},
         {"REQUEST_STREAM", "request"},
         {"REQUEST_STREAM n 0", "ERROR:516"}, // INVALID
         {"REQUEST_CHANNEL", "request"},
         {"REQUEST_CHANNEL n 0", "ERROR:516"},
         {"ERROR CONNECTION_ERROR", "closed"},
         {"ERROR CONNECTION_CLOSE", "closed"},
         {"METADATA_PUSH", "metadata_push"},
         {"RESUME", unknown_frame}, // CONNECTION_ERROR
         {"EXT", unknown_frame},
         {"unknown", unknown_frame},
         {"reserved", unknown_frame}});
}

TEST(engine_states_test, Handling_the_Unexpected__a_server_that_answers_a_stream) {
    expect(
        [] {
            auto e = open_server();
            e.receive({.type = frame_type::request_stream, .stream = 1, .n = 1});
            return e;
        },
        {{"KEEPALIVE R", "KEEPALIVE"},
         {"REQUEST_RESPONSE new", "request"}, // "REQUEST_RESPONSE" is on an id in use: ignored
         {"REQUEST_FNF", "request"},
         {"REQUEST_STREAM", "request"},
         {"REQUEST_STREAM n 0", "ERROR:516"},
         {"REQUEST_CHANNEL", "request"},
         {"REQUEST_CHANNEL n 0", "ERROR:516"},
         {"REQUEST_N", "credit"},
         {"CANCEL", "cancelled"},
         {"ERROR", "failed"},
         {"ERROR CONNECTION_ERROR", "failed closed"},
         {"ERROR CONNECTION_CLOSE", "draining"},
         {"METADATA_PUSH", "metadata_push"},
         {"RESUME", "failed closed ERROR:257"},
         {"EXT", "failed closed ERROR:257"},
         {"unknown", "failed closed ERROR:257"},
         {"reserved", "failed closed ERROR:257"}});
}

TEST(engine_states_test, Handling_the_Unexpected__a_server_that_answers_a_channel) {
    expect(
        [] {
            auto e = open_server();
            e.receive({.type = frame_type::request_channel, .stream = 1, .n = 1});
            e.fsm.grant(1, 1);
            e.said();
            return e;
        },
        {{"KEEPALIVE R", "KEEPALIVE"},
         {"REQUEST_RESPONSE new", "request"},
         {"REQUEST_FNF", "request"},
         {"REQUEST_STREAM", "request"},
         {"REQUEST_STREAM n 0", "ERROR:516"},
         {"REQUEST_CHANNEL", "request"},
         {"REQUEST_CHANNEL n 0", "ERROR:516"},
         {"REQUEST_N", "credit"},
         {"CANCEL", "cancelled"},
         {"PAYLOAD", "item"},
         {"PAYLOAD C", "completed"},
         {"ERROR", "failed"},
         {"ERROR CONNECTION_ERROR", "failed closed"},
         {"ERROR CONNECTION_CLOSE", "draining"},
         {"METADATA_PUSH", "metadata_push"},
         {"RESUME", "failed closed ERROR:257"},
         {"EXT", "failed closed ERROR:257"},
         {"unknown", "failed closed ERROR:257"},
         {"reserved", "failed closed ERROR:257"}});
}

/// What a server does with frames that are not of stream 1, which it answers.
reactions beside_a_stream(reactions of_the_stream) {
    const reactions others{
        {"KEEPALIVE R", "KEEPALIVE"},
        {"REQUEST_RESPONSE new", "request"},
        {"REQUEST_FNF", "request"},
        {"REQUEST_STREAM", "request"},
        {"REQUEST_STREAM n 0", "ERROR:516"},
        {"REQUEST_CHANNEL", "request"},
        {"REQUEST_CHANNEL n 0", "ERROR:516"},
        {"ERROR CONNECTION_ERROR", "failed closed"},
        {"ERROR CONNECTION_CLOSE", "draining"},
        {"METADATA_PUSH", "metadata_push"},
        {"RESUME", "failed closed ERROR:257"},
        {"EXT", "failed closed ERROR:257"},
        {"unknown", "failed closed ERROR:257"},
        {"reserved", "failed closed ERROR:257"}};
    of_the_stream.insert(others.begin(), others.end());
    return of_the_stream;
}

end_point server_in_a_channel() {
    auto e = open_server();
    e.receive({.type = frame_type::request_channel, .stream = 1, .n = 1});
    e.fsm.grant(1, 1);
    e.said();
    return e;
}

TEST(engine_states_test, Handling_the_Unexpected__a_channel_whose_client_has_completed) {
    expect(
        [] {
            auto e = server_in_a_channel();
            e.receive({.type = frame_type::payload, .stream = 1, .flags = flags::complete});
            return e;
        },
        beside_a_stream({{"REQUEST_N", "credit"}, {"CANCEL", "cancelled"}, {"ERROR", "failed"}}));
}

TEST(engine_states_test, Handling_the_Unexpected__a_channel_whose_server_has_completed) {
    expect(
        [] {
            auto e = server_in_a_channel();
            e.fsm.complete(1);
            e.said();
            return e;
        },
        beside_a_stream(
            {{"CANCEL", "cancelled"},
             {"PAYLOAD", "item"},
             {"PAYLOAD C", "completed"},
             {"ERROR", "failed"}}));
}

TEST(engine_states_test, Handling_the_Unexpected__a_channel_whose_server_wants_no_more) {
    expect(
        [] {
            auto e = server_in_a_channel();
            e.fsm.cancel(1);
            EXPECT_EQ(e.said(), "CANCEL");
            return e;
        },
        beside_a_stream({{"REQUEST_N", "credit"}, {"CANCEL", "cancelled"}, {"ERROR", "failed"}}));
}

TEST(engine_states_test, Handling_the_Unexpected__a_server_with_a_part_of_an_item) {
    expect(
        [] {
            auto e = server_in_a_channel();
            e.receive(
                {.type = frame_type::payload,
                 .stream = 1,
                 .flags = flags::next | flags::follows,
                 .data = "a"});
            return e;
        },
        beside_a_stream(
            {{"REQUEST_N", "credit"},
             {"CANCEL", "cancelled"},
             {"PAYLOAD", "item"},
             {"PAYLOAD C", "item"},
             {"PAYLOAD neither", "item"},
             {"ERROR", "failed"}}));
}

TEST(engine_states_test, Handling_the_Unexpected__a_server_with_a_part_of_a_request) {
    expect(
        [] {
            auto e = open_server();
            e.receive(
                {.type = frame_type::request_stream, .stream = 1, .flags = flags::follows, .n = 1});
            return e;
        },
        beside_a_stream(
            {{"PAYLOAD", "request"}, {"PAYLOAD C", "request"}, {"PAYLOAD neither", "request"}}));
}

TEST(engine_states_test, Handling_the_Unexpected__a_server_that_takes_no_new_requests) {
    auto table =
        beside_a_stream({{"REQUEST_N", "credit"}, {"CANCEL", "cancelled"}, {"ERROR", "failed"}});
    for (const char* type :
         {"REQUEST_RESPONSE new",
          "REQUEST_STREAM",
          "REQUEST_STREAM n 0",
          "REQUEST_CHANNEL",
          "REQUEST_CHANNEL n 0"})
        table[type] = "ERROR:514"; // REJECTED
    table["REQUEST_FNF"] = "";
    expect(
        [] {
            auto e = open_server();
            e.receive({.type = frame_type::request_stream, .stream = 1, .n = 1});
            e.fsm.drain();
            e.said();
            return e;
        },
        table);
}

TEST(engine_states_test, Handling_the_Unexpected__a_server_whose_client_has_no_lease) {
    auto table = beside_a_stream({});
    for (auto& [name, reaction] : table) {
        if (name.starts_with("REQUEST_"))
            reaction = name == "REQUEST_FNF" ? "" : "ERROR:514";
        if (reaction.starts_with("failed "))
            reaction = reaction.substr(7); // there is no stream
    }
    table["REQUEST_RESPONSE"] = "ERROR:514";
    table["ERROR CONNECTION_CLOSE"] = "closed";
    table["LEASE"] = "leased";
    expect(
        [] {
            auto c = server_config();
            c.lease = true;
            auto setup = a_setup;
            setup.flags = flags::lease;
            return open_server(c, setup);
        },
        table);
}

TEST(engine_states_test, Handling_the_Unexpected__a_server_that_went_on_with_a_session) {
    expect(
        [] {
            auto c = server_config();
            c.resume = true;
            auto setup = a_setup;
            setup.flags = flags::resume;
            auto e = open_server(c, setup);
            e.receive({.type = frame_type::request_stream, .stream = 1, .n = 1});
            e.fsm.disconnected(e.now);
            const auto received =
                bytes_of({.type = frame_type::request_stream, .stream = 1, .n = 1}).size();
            EXPECT_TRUE(e.fsm.resume(0, received, e.now));
            EXPECT_EQ(e.said(), "established RESUME_OK");
            return e;
        },
        beside_a_stream({{"REQUEST_N", "credit"}, {"CANCEL", "cancelled"}, {"ERROR", "failed"}}));
}

TEST(engine_states_test, Handling_the_Unexpected__a_connection_that_is_closed) {
    expect(
        [] {
            auto e = server_in_a_channel();
            e.fsm.refuse(errc::connection_error, "over");
            EXPECT_EQ(e.said(), "failed closed ERROR:257");
            return e;
        },
        {});
}

TEST(engine_states_test, Handling_the_Unexpected__a_client_whose_setup_is_not_answered) {
    expect(
        [] {
            end_point e(client_config());
            e.fsm.connected(e.now);
            e.said();
            return e;
        },
        {{"KEEPALIVE", "established"},
         {"KEEPALIVE R", "established KEEPALIVE"},
         {"REQUEST_RESPONSE of the other side", "established request"},
         {"ERROR REJECTED_SETUP", "closed"},
         {"ERROR REJECTED_RESUME", "closed"},
         {"ERROR CONNECTION_ERROR", "closed"},
         {"ERROR CONNECTION_CLOSE", "closed"},
         {"EXT", unknown_frame},
         {"unknown", unknown_frame},
         {"reserved", unknown_frame}});
}

TEST(engine_states_test, Handling_the_Unexpected__an_idle_client) {
    expect(
        [] { return open_client(); },
        {{"KEEPALIVE R", "KEEPALIVE"},
         {"REQUEST_RESPONSE of the other side", "request"},
         {"ERROR CONNECTION_ERROR", "closed"},
         {"ERROR CONNECTION_CLOSE", "closed"},
         {"METADATA_PUSH", "metadata_push"},
         {"EXT", unknown_frame},
         {"unknown", unknown_frame},
         {"reserved", unknown_frame}});
}

reactions of_requester(std::string payload_reaction, std::string complete_reaction) {
    return {
        {"KEEPALIVE R", "KEEPALIVE"},
        {"REQUEST_RESPONSE of the other side", "request"},
        {"PAYLOAD", std::move(payload_reaction)},
        {"PAYLOAD C", std::move(complete_reaction)},
        {"ERROR", "failed"},
        {"ERROR CONNECTION_ERROR", "failed closed"},
        {"ERROR CONNECTION_CLOSE", "draining"},
        {"METADATA_PUSH", "metadata_push"},
        {"EXT", "failed closed ERROR:257"},
        {"unknown", "failed closed ERROR:257"},
        {"reserved", "failed closed ERROR:257"},
        {"CANCEL", "cancelled"}};
}

end_point requester(frame_type type) {
    auto e = open_client();
    e.fsm.request(type, {"x"}, 1, false, nullptr);
    e.said();
    return e;
}

TEST(engine_states_test, Handling_the_Unexpected__a_client_that_waits_for_a_response) {
    expect(
        [] { return requester(frame_type::request_response); }, of_requester("item", "completed"));
}

TEST(engine_states_test, Handling_the_Unexpected__a_client_that_reads_a_stream) {
    expect([] { return requester(frame_type::request_stream); }, of_requester("item", "completed"));
}

TEST(engine_states_test, Handling_the_Unexpected__a_client_in_a_channel) {
    auto table = of_requester("item", "completed");
    table["REQUEST_N"] = "credit";
    expect([] { return requester(frame_type::request_channel); }, table);
}

TEST(engine_states_test, Handling_the_Unexpected__a_channel_that_the_client_has_completed) {
    expect(
        [] {
            auto e = requester(frame_type::request_channel);
            e.fsm.complete(1);
            e.said();
            return e;
        },
        of_requester("item", "completed"));
}

TEST(engine_states_test, Handling_the_Unexpected__a_channel_that_the_server_has_completed) {
    auto table = of_requester("", "");
    table["REQUEST_N"] = "credit";
    expect(
        [] {
            auto e = requester(frame_type::request_channel);
            e.receive({.type = frame_type::payload, .stream = 1, .flags = flags::complete});
            return e;
        },
        table);
}

TEST(engine_states_test, Handling_the_Unexpected__a_client_that_has_cancelled) {
    auto table = of_requester("", "");
    for (auto& [name, reaction] : table)
        if (reaction.starts_with("failed "))
            reaction = reaction.substr(7); // there is no stream any more
    table["ERROR"] = table["CANCEL"] = "";
    table["ERROR CONNECTION_CLOSE"] = "closed";
    expect(
        [] {
            auto e = requester(frame_type::request_stream);
            e.fsm.cancel(1);
            EXPECT_EQ(e.said(), "CANCEL");
            return e;
        },
        table);
}

TEST(engine_states_test, Handling_the_Unexpected__a_client_that_waits_for_a_lease) {
    auto table = of_requester("", "");
    for (auto& [name, reaction] : table)
        if (reaction.starts_with("failed "))
            reaction = reaction.substr(7);
    table["ERROR"] = table["CANCEL"] = "";
    table["ERROR CONNECTION_CLOSE"] = "closed";
    table["LEASE"] = "leased";
    expect(
        [] {
            auto c = client_config();
            c.lease = true;
            return open_client(c);
        },
        table);
}

TEST(
    engine_states_test,
    Handling_the_Unexpected__a_client_that_resumes_hears_RESUME_OK_and_errors_only) {
    expect(
        [] {
            auto c = client_config();
            c.resume = true;
            c.token = "t";
            auto e = open_client(c);
            e.fsm.disconnected(e.now);
            e.fsm.connected(e.now);
            EXPECT_EQ(e.said(), "RESUME");
            return e;
        },
        {{"RESUME_OK", "established"},
         {"REQUEST_RESPONSE of the other side", ""},
         {"ERROR REJECTED_SETUP", "closed"},
         {"ERROR REJECTED_RESUME", "closed"},
         {"ERROR CONNECTION_ERROR", "closed"},
         {"ERROR CONNECTION_CLOSE", "closed"},
         {"EXT", unknown_frame},
         {"unknown", unknown_frame},
         {"reserved", unknown_frame}});
}

} // namespace
} // namespace streamx::rsocket
