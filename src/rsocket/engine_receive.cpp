// What comes from the peer: which frame it is, and the items and signals of streams that are open.

#include "big_endian.hpp"
#include "engine.hpp"

#include <streamx/core/error.hpp>

#include <algorithm>
#include <utility>

namespace streamx::rsocket {
namespace {

bool is_request(frame_type t) noexcept {
    return t >= frame_type::request_response && t <= frame_type::request_channel;
}

bool is_known(frame_type t) noexcept {
    return t >= frame_type::setup && t <= frame_type::resume_ok;
}

/// "Connection Establishment": what has to come first.
bool begins_a_connection(const std::optional<frame>& header) noexcept {
    return header && header->stream == 0 &&
           (header->type == frame_type::setup || header->type == frame_type::resume);
}

} // namespace

errc engine::code_of(const frame& f) noexcept {
    if (f.n != 0)
        return static_cast<errc>(f.n);
    return f.stream == 0 ? errc::connection_error : errc::application_error;
}

void engine::receive(std::string_view bytes, time_point now) {
    heard_ = now;
    if (over() || take_last(bytes))
        return;
    const auto header = decode_header(bytes);
    const bool first = phase_ == phase::fresh && config_.side == role::server;
    if (first && !begins_a_connection(header))
        return refuse(errc::invalid_setup, "the first frame is neither SETUP nor RESUME");
    const auto f = decode(bytes);
    if (!f) {
        if (!header || !header->has(flags::ignore))
            return refuse(errc::connection_error, "a frame is shorter than what it says it holds");
        if (!resuming_ && is_tracked(header->type) && header->stream != 0)
            positions_.received(bytes.size()); // the peer has counted it
        return;
    }
    if (first)
        return f->type == frame_type::setup ? on_setup(*f, now) : on_resume(*f, now);
    if (!is_known(f->type)) {
        if (!f->has(flags::ignore))
            refuse(errc::connection_error, "a frame of an unknown type");
        return;
    }
    if (resuming_ && f->stream != 0)
        return; // what the session missed comes behind RESUME_OK, and counts then
    if (is_tracked(f->type) && f->stream != 0)
        positions_.received(bytes.size());
    if (f->stream == 0)
        on_connection_frame(*f, now);
    else if (is_request(f->type))
        on_request(*f, now);
    else
        on_stream_frame(*f);
}

/// As `receive_items`, for one whole item that is the last of its stream.
bool engine::take_last(std::string_view bytes) {
    constexpr auto word =
        static_cast<unsigned>(frame_type::payload) << 10 | flags::next | flags::complete;
    field_reader in(bytes);
    const auto id = static_cast<std::uint32_t>(in.number(4)) & max_31;
    if (in.number(2) != word || !in || !established() || !events.empty())
        return false;
    const auto data = in.rest();
    const auto found = streams_.find(id);
    if (!found || !found->second.user || data.size() > config_.message)
        return false;
    auto& s = found->second;
    if (!s.receives || s.receiving || s.may_receive == 0)
        return false;
    positions_.received(bytes.size());
    --s.may_receive;
    s.receives = false;
    const auto user = s.user;
    erase_if_done(id);
    user->take_last(data);
    return true;
}

void engine::on_connection_frame(const frame& f, time_point now) {
    switch (f.type) {
    case frame_type::keepalive:
        return on_keepalive(f);
    case frame_type::error:
        return on_connection_error(f);
    case frame_type::metadata_push:
        if (established())
            tell(event::kind::metadata_push).message.metadata = *f.metadata;
        return;
    case frame_type::lease:
        return on_lease(f, now);
    case frame_type::resume:
        if (config_.side == role::server)
            refuse(errc::connection_error, "RESUME in an established connection");
        return;
    case frame_type::resume_ok:
        return on_resume_ok(f);
    default:
        return; // "All other received frames ... MUST be ignored"
    }
}

void engine::on_stream_frame(const frame& f) {
    const auto found = streams_.find(f.stream);
    if (!found)
        return;
    auto& s = *found;
    if (phase_ == phase::waiting)
        establish();
    switch (f.type) {
    case frame_type::payload:
        return on_payload(s, f);
    case frame_type::request_n:
        if (f.n == 0 || s.second.request || !s.second.sends)
            return;
        s.second.may_send = std::min<std::uint64_t>(s.second.may_send + f.n, config_.max_credit);
        tell(event::kind::credit, s);
        return;
    case frame_type::cancel:
        if (!s.second.request)
            tell(event::kind::cancelled, s);
        if (s.second.mine) { // a responder that wants nothing more from this channel
            stop_sending(s);
            return erase_if_done(f.stream);
        }
        streams_.erase(f.stream);
        return;
    case frame_type::error: {
        if (!s.second.request) {
            event& e = tell(event::kind::failed, s);
            e.error = code_of(f);
            e.text = f.data;
        }
        streams_.erase(f.stream);
        return;
    }
    default:
        return;
    }
}

void engine::on_payload(entry& e, const frame& f) {
    auto& [id, s] = e;
    const bool more = f.has(flags::follows) && !f.has(flags::complete);
    if (!s.receives)
        return;
    if (!s.receiving && !f.has(flags::next) && !more) {
        if (!f.has(flags::complete))
            return;
        s.receives = false;
        tell(event::kind::completed, e);
        return erase_if_done(id);
    }
    if (s.request)
        s.request_complete = s.request_complete || f.has(flags::complete);
    on_part(e, f, more);
}

/// A request or item, or a fragment of one: the last unless there are more.
void engine::on_part(entry& e, const frame& f, bool more) {
    auto& s = e.second;
    const auto too_big = [&](std::string_view text) {
        break_off(e, errc::invalid, streamx::errc::message_too_big, text);
    };
    payload whole = streams_.take_part(s);
    if (!collect(whole, f, config_.message))
        return too_big("a payload is larger than the limit");
    if (more) {
        if (!streams_.keep_part(s, std::move(whole), std::max(config_.unfinished, config_.message)))
            too_big("the payloads that are not whole yet are together larger than the limit");
        return;
    }
    if (s.request)
        return begin(e, std::move(whole));
    on_item(e, std::move(whole), f.has(flags::complete));
}

void engine::on_item(entry& of, payload message, bool complete) {
    auto& [id, s] = of;
    if (s.may_receive == 0)
        return break_off(
            of, errc::invalid, errc::invalid, "the peer has sent more items than it was asked for");
    --s.may_receive;
    if (s.type == frame_type::request_response)
        complete = true; // "the implementation MUST assume it is set"
    event& e = tell(event::kind::item, of);
    e.message = std::move(message);
    e.complete = complete;
    s.receives = s.receives && !complete;
    erase_if_done(id);
}

/// Ends a stream on which the peer did not keep to the protocol, and tells both sides.
void engine::break_off(entry& s, errc code, error_code why, std::string_view text) {
    const auto id = s.first;
    if (!s.second.request) {
        event& e = tell(event::kind::failed, s);
        e.error = why;
        e.text = text;
    }
    if (s.second.mine)
        put({.type = frame_type::cancel, .stream = id});
    else if (s.second.type != frame_type::request_fnf)
        put_error(id, code, text);
    streams_.erase(id);
}

} // namespace streamx::rsocket
