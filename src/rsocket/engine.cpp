#include "engine.hpp"

#include <streamx/core/error.hpp>

#include <utility>

namespace streamx::rsocket {

event& engine::tell(event::kind what, entry& s) {
    event& e = tell(what);
    e.stream = s.first;
    e.user = s.second.user;
    return e;
}

// Sending frames

void engine::put(const frame& f) {
    const auto before = out.size();
    encode(f, out);
    if (is_tracked(f.type) && f.stream != 0)
        count(before);
    if (!connected())
        out.resize(before);
}

void engine::keep(std::size_t before) {
    positions_.keep(std::string_view(out).substr(before));
    // Ask how far the peer is, in time for there to be room again.
    if (connected() && !asked_position_ && positions_.bytes() > config_.retained / 2) {
        asked_position_ = true;
        put_keepalive(flags::respond, {});
    }
}

void engine::put_error(std::uint32_t id, errc code, std::string_view text) {
    put(
        {.type = frame_type::error,
         .stream = id,
         .n = static_cast<std::uint32_t>(code),
         .data = text.substr(0, config_.fragment)});
}

void engine::push_metadata(std::string_view metadata) {
    put({.type = frame_type::metadata_push, .metadata = metadata});
}

// The end of a connection

void engine::refuse(errc code, std::string_view text) {
    if (over())
        return;
    resuming_ = false;
    if (phase_ != phase::lost)
        put_error(0, code, text);
    close(code, text);
}

void engine::close(error_code why, std::string_view text) {
    if (over())
        return;
    phase_ = phase::over;
    resumable_ = false;
    drop_all(why, text);
    event& e = tell(event::kind::closed);
    e.error = why;
    e.text = text;
}

void engine::drop_all(error_code why, std::string_view text) {
    for (auto& s : streams_) {
        event& e = tell(event::kind::failed, s);
        e.error = why;
        e.text = text;
    }
    streams_.clear();
    positions_.clear();
}

void engine::disconnected(time_point now) {
    if (over() || phase_ == phase::lost)
        return;
    out.clear();
    began_ = now;
    resuming_ = false;
    leased_to_us_.take_back(); // "Leasing semantics are NOT assumed to carry over"
    leased_by_us_.take_back();
    asked_position_ = false;
    phase_ = phase::lost;
    if (!resumable_)
        close(streamx::errc::closed, "the connection was lost");
}

void engine::drain() {
    if (over() || std::exchange(refusing_, true))
        return;
    put_error(0, errc::connection_close, "no new requests");
}

void engine::end_if_drained() {
    if (draining() && streams_.empty())
        close(errc::connection_close, "the connection was closed in good order");
}

} // namespace streamx::rsocket
