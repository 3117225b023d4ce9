#pragma once

#include <rsocket/engine.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace streamx::rsocket {

using namespace std::chrono_literals;

/// A frame that owns its bytes.
inline std::string bytes_of(const frame& f) {
    std::string out;
    encode(f, out);
    return out.substr(length_size);
}

inline const char* name_of(frame_type t) {
    switch (t) {
    case frame_type::setup:
        return "SETUP";
    case frame_type::lease:
        return "LEASE";
    case frame_type::keepalive:
        return "KEEPALIVE";
    case frame_type::request_response:
        return "REQUEST_RESPONSE";
    case frame_type::request_fnf:
        return "REQUEST_FNF";
    case frame_type::request_stream:
        return "REQUEST_STREAM";
    case frame_type::request_channel:
        return "REQUEST_CHANNEL";
    case frame_type::request_n:
        return "REQUEST_N";
    case frame_type::cancel:
        return "CANCEL";
    case frame_type::payload:
        return "PAYLOAD";
    case frame_type::error:
        return "ERROR";
    case frame_type::metadata_push:
        return "METADATA_PUSH";
    case frame_type::resume:
        return "RESUME";
    case frame_type::resume_ok:
        return "RESUME_OK";
    case frame_type::ext:
        return "EXT";
    }
    return "?";
}

inline const char* name_of(event::kind k) {
    constexpr const char* names[] = {
        "setup",
        "resume",
        "established",
        "request",
        "item",
        "completed",
        "failed",
        "cancelled",
        "credit",
        "metadata_push",
        "leased",
        "draining",
        "closed"};
    return names[static_cast<int>(k)];
}

/// An engine with what it says made readable.
struct end_point {
    explicit end_point(engine_config c) : fsm(std::move(c)) {}

    /// Everything since the last call: events in lower case, frames in capitals, an ERROR with its code.
    std::string said() {
        std::string s;
        for (const auto& e : fsm.events)
            s += (s.empty() ? "" : " ") + std::string(name_of(e.what));
        events = std::exchange(fsm.events, {});
        for (const auto& f : frames()) {
            s += (s.empty() ? "" : " ") + std::string(name_of(f.type));
            if (f.type == frame_type::error)
                s += ":" + std::to_string(f.n);
        }
        return s;
    }

    /// The frames that it has sent since. They stay valid until the next call.
    std::vector<frame> frames() {
        sent = std::exchange(fsm.out, {});
        std::vector<frame> list;
        std::string_view in = sent;
        while (const auto bytes = next_frame(in, max_frame_size))
            list.push_back(decode(*bytes).value());
        return list;
    }

    std::string receive(const frame& f) {
        fsm.receive(bytes_of(f), now);
        return said();
    }

    engine fsm;
    engine::time_point now{1h};
    std::vector<event> events;
    std::string sent;
};

inline engine_config client_config() {
    engine_config c;
    c.side = role::client;
    c.metadata_mime = "m";
    c.data_mime = "d";
    return c;
}
inline engine_config server_config() {
    engine_config c;
    c.side = role::server;
    c.lifetime = 5min;
    return c;
}

inline const frame a_setup{
    .type = frame_type::setup, .major = 1, .interval = 1000, .lifetime = 5000};

/// A server that has accepted a SETUP.
inline end_point open_server(engine_config c = server_config(), frame setup = a_setup) {
    end_point e(std::move(c));
    e.fsm.connected(e.now);
    e.receive(setup);
    e.fsm.accept(e.now);
    e.said();
    return e;
}

/// A client whose server has answered.
inline end_point open_client(engine_config c = client_config()) {
    end_point e(std::move(c));
    e.fsm.connected(e.now);
    e.said();
    e.receive({.type = frame_type::keepalive});
    return e;
}

} // namespace streamx::rsocket
