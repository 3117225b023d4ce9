#include "engine.hpp"

#include "item_frame.hpp"

#include <streamx/core/error.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace streamx::rsocket {
namespace {

using std::chrono::milliseconds;

std::string text_of(std::string_view s) { return std::string(s); }

payload payload_of(const frame& f) {
    payload p{text_of(f.data)};
    if (f.metadata)
        p.metadata = text_of(*f.metadata);
    return p;
}

bool is_request(frame_type t) noexcept {
    return t >= frame_type::request_response && t <= frame_type::request_channel;
}

bool is_known(frame_type t) noexcept {
    return t >= frame_type::setup && t <= frame_type::resume_ok;
}

/// "Error Codes": those of the connection's beginning.
bool is_setup_code(std::uint32_t code) noexcept { return code >= 0x001 && code <= 0x004; }

/// The code of an ERROR frame. 0 is reserved, and no success.
errc code_of(const frame& f) noexcept {
    if (f.n != 0)
        return static_cast<errc>(f.n);
    return f.stream == 0 ? errc::connection_error : errc::application_error;
}

/// "Connection Establishment": what has to come first.
bool begins_a_connection(const std::optional<frame>& header) noexcept {
    return header && header->stream == 0 &&
           (header->type == frame_type::setup || header->type == frame_type::resume);
}

std::uint32_t to_32(std::chrono::milliseconds t) noexcept {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(t.count(), 1, max_31));
}

} // namespace

event& engine::tell(event::kind what, stream_map::value_type& s) {
    event& e = tell(what);
    e.stream = s.first;
    e.user = s.second.user;
    return e;
}

// Streams by their id

engine::stream_map::value_type* engine::find(std::uint32_t id) noexcept {
    if (found_ && found_->first == id)
        return found_;
    const auto at = streams_.find(id);
    return found_ = at == streams_.end() ? nullptr : &*at;
}

void engine::erase(std::uint32_t id) {
    found_ = nullptr;
    streams_.erase(id);
}

// Sending frames

bool engine::connected() const noexcept {
    return phase_ != phase::lost && phase_ != phase::over && !resuming_;
}

void engine::put(const frame& f) {
    const auto before = out.size();
    encode(f, out);
    if (is_tracked(f.type) && f.stream != 0)
        count(before);
    if (!connected())
        out.resize(before);
}

/// A frame that counts for the positions, encoded behind `before`.
void engine::count(std::size_t before) {
    const auto size = out.size() - before - length_size;
    sent_ += size;
    if (!resumable_) {
        base_ = sent_;
        return;
    }
    retained_.emplace_back(out, before);
    retained_bytes_ += size;
    // Ask how far the peer is, in time for there to be room again.
    if (connected() && !asked_position_ && retained_bytes_ > config_.retained / 2) {
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

void engine::put_keepalive(std::uint16_t flags, std::string_view data) {
    put(
        {.type = frame_type::keepalive,
         .flags = flags,
         .position = resumable_ ? received_ : 0,
         .data = data});
}

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
    found_ = nullptr;
    streams_.clear();
    retained_.clear();
    retained_bytes_ = 0;
}

// The beginning and the end of a connection

void engine::connected(time_point now) {
    began_ = heard_ = now;
    if (over())
        return;
    if (config_.side == role::server)
        return;
    out.clear();
    phase_ = phase::waiting;
    if (set_up_ && resumable_) {
        put(
            {.type = frame_type::resume,
             .position = received_,
             .first = base_,
             .major = major_version,
             .minor = minor_version,
             .token = config_.token});
        resuming_ = true; // "MUST NOT send any other frame types until resumption succeeds"
        return;
    }
    set_up_ = true;
    resumable_ = config_.resume;
    leases_ = config_.lease;
    frame f{
        .type = frame_type::setup,
        .flags = static_cast<std::uint16_t>(
            (config_.resume ? flags::resume : 0) | (config_.lease ? flags::lease : 0)),
        .major = major_version,
        .minor = minor_version,
        .interval = to_32(config_.interval),
        .lifetime = to_32(config_.lifetime),
        .token = config_.token,
        .metadata_mime = config_.metadata_mime,
        .data_mime = config_.data_mime,
        .data = config_.setup.data};
    if (config_.setup.metadata)
        f.metadata = *config_.setup.metadata;
    put(f);
    // A server answers it only when it has accepted the SETUP: there is no other sign of that.
    put_keepalive(flags::respond, {});
    next_keepalive_ = now + config_.interval;
}

void engine::disconnected(time_point now) {
    if (over() || phase_ == phase::lost)
        return;
    out.clear();
    began_ = now;
    resuming_ = false;
    leased_to_us_ = leased_by_us_ = 0; // "Leasing semantics are NOT assumed to carry over"
    asked_position_ = false;
    phase_ = phase::lost;
    if (!resumable_)
        close(streamx::errc::closed, "the connection was lost");
}

void engine::establish() {
    if (phase_ != phase::waiting)
        return;
    phase_ = phase::open;
    tell(event::kind::established);
    // "The client-side Responder MUST send a LEASE frame": a client has nothing to be spared from.
    if (config_.side == role::client && leases_)
        lease(milliseconds(max_31), max_31, heard_);
}

void engine::accept(time_point now) {
    phase_ = phase::open;
    set_up_ = true;
    heard_ = now;
}

bool engine::can_resend_from(std::uint64_t position) const noexcept {
    return position >= base_ && position <= sent_;
}

bool engine::acknowledge(std::uint64_t position) {
    if (!can_resend_from(position))
        return false;
    while (!retained_.empty() && base_ + retained_.front().size() - length_size <= position) {
        const auto size = retained_.front().size() - length_size;
        base_ += size;
        retained_bytes_ -= size;
        retained_.pop_front();
    }
    return base_ == position;
}

bool engine::resume(std::uint64_t received, std::uint64_t available, time_point now) {
    began_ = heard_ = now;
    out.clear();
    asked_position_ = false;
    phase_ = phase::waiting;
    if (available > received_ || !acknowledge(received)) {
        refuse(errc::rejected_resume, "the session cannot go on from this position");
        return false;
    }
    put({.type = frame_type::resume_ok, .position = received_});
    for (const auto& f : retained_)
        out += f;
    establish();
    return true;
}

void engine::on_resume_ok(const frame& f) {
    if (!resuming_)
        return;
    if (!acknowledge(f.position))
        return refuse(errc::connection_error, "the session cannot go on from this position");
    resuming_ = false;
    for (const auto& kept : retained_)
        out += kept;
    establish();
}

// Time

std::optional<engine::time_point> engine::deadline() const noexcept {
    switch (phase_) {
    case phase::fresh:
    case phase::deciding:
        if (config_.side == role::client)
            return {};
        return began_ + config_.handshake;
    case phase::waiting:
        return began_ + config_.handshake;
    case phase::open:
        return config_.side == role::client ? std::min(next_keepalive_, heard_ + config_.lifetime)
                                            : heard_ + config_.lifetime;
    case phase::lost:
        return began_ + config_.keep;
    case phase::over:
        break;
    }
    return {};
}

void engine::on_time(time_point now) {
    const auto due = deadline();
    if (!due || *due > now)
        return;
    if (phase_ == phase::lost)
        return close(errc::rejected_resume, "the session was not resumed in time");
    if (phase_ != phase::open && !resuming_) {
        put_error(0, errc::connection_error, "no SETUP in time");
        return close(streamx::errc::handshake_timeout, "the connection was not set up in time");
    }
    if (resuming_ || heard_ + config_.lifetime <= now) {
        if (!resumable_)
            return close(streamx::errc::idle_timeout, "the peer is dead: nothing comes from it");
        tell(event::kind::closed).error = streamx::errc::idle_timeout;
        return disconnected(now);
    }
    put_keepalive(flags::respond, {});
    next_keepalive_ = now + config_.interval;
}

// Receiving frames

void engine::receive(std::string_view bytes, time_point now) {
    if (over())
        return;
    heard_ = now;
    const bool in_order = events.empty(); // of an item before it, which has metadata, say
    if (!established() || !in_order || !take_item(bytes))
        receive_other(bytes, now);
}

void engine::receive_other(std::string_view bytes, time_point now) {
    const auto header = decode_header(bytes);
    const bool first = phase_ == phase::fresh && config_.side == role::server;
    if (first && !begins_a_connection(header))
        return refuse(errc::invalid_setup, "the first frame is neither SETUP nor RESUME");
    const auto f = decode(bytes);
    if (!f) {
        if (!header || !header->has(flags::ignore))
            return refuse(errc::connection_error, "a frame is shorter than what it says it holds");
        if (!resuming_ && is_tracked(header->type) && header->stream != 0)
            received_ += bytes.size(); // the peer has counted it
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
        received_ += bytes.size();
    if (f->stream == 0)
        on_connection_frame(*f, now);
    else if (is_request(f->type))
        on_request(*f, now);
    else
        on_stream_frame(*f);
}

/// Most of what comes, without the way through `decode` and `events`: one whole item of a stream that has
/// an owner already. False if it is not that, or not in order.
bool engine::take_item(std::string_view bytes) {
    const auto item = decode_item(bytes);
    const auto found = item ? find(item->stream) : nullptr;
    if (!found || !found->second.user || item->data.size() > config_.message)
        return false;
    auto& s = found->second;
    if (!s.receives || s.receiving || s.may_receive == 0 || s.type == frame_type::request_response)
        return false;
    received_ += bytes.size();
    --s.may_receive;
    s.user->take(item->data);
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
            tell(event::kind::metadata_push).message.metadata = text_of(*f.metadata);
        return;
    case frame_type::lease:
        if (!leases_)
            return;
        leased_to_us_ = f.requests;
        lease_end_ = now + milliseconds(f.ttl);
        establish();
        tell(event::kind::leased);
        return;
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

void engine::on_setup(const frame& f, time_point now) {
    if (f.major != major_version)
        return refuse(errc::unsupported_setup, "this server speaks RSocket 1");
    if (f.interval == 0 || f.lifetime == 0)
        return refuse(errc::invalid_setup, "keepalive interval and lifetime must be above 0");
    if (f.has(flags::resume) && !config_.resume)
        return refuse(errc::rejected_setup, "this server does not resume sessions");
    if (f.has(flags::lease) && !config_.lease)
        return refuse(errc::unsupported_setup, "this server gives no leases");
    phase_ = phase::deciding;
    resumable_ = f.has(flags::resume);
    leases_ = f.has(flags::lease);
    config_.token = f.token;
    // The lifetime in the frame is the client's patience with us. Ours is three of its intervals.
    config_.lifetime = std::min(config_.lifetime, 3 * milliseconds(f.interval));
    heard_ = now;
    event& e = tell(event::kind::setup);
    e.message = payload_of(f);
    e.text = f.token;
    e.metadata_mime = f.metadata_mime;
    e.data_mime = f.data_mime;
}

void engine::on_resume(const frame& f, time_point now) {
    if (!config_.resume)
        return refuse(errc::rejected_resume, "this server does not resume sessions");
    // SETUP has agreed on the version. rsocket-js 1.0.0-alpha says 0.1 here.
    phase_ = phase::deciding;
    heard_ = now;
    event& e = tell(event::kind::resume);
    e.text = f.token;
    e.position = f.position;
    e.first = f.first;
}

void engine::on_keepalive(const frame& f) {
    if (!set_up_)
        return;
    if (resuming_)
        return; // it goes on by RESUME_OK alone
    establish();
    if (f.position != 0 && resumable_)
        acknowledge(f.position);
    if (f.has(flags::respond))
        return put_keepalive(0, f.data);
    asked_position_ = false;
}

void engine::on_connection_error(const frame& f) {
    if (is_setup_code(f.n) && (config_.side == role::server || established()))
        return;
    const auto code = code_of(f);
    if (code == errc::connection_close) {
        if (established() && !streams_.empty()) {
            draining_ = true;
            tell(event::kind::draining);
            return;
        }
    }
    close(code, f.data);
}

bool engine::admit(std::uint32_t id, const frame& f, time_point now) {
    const auto reject = [&](errc code, std::string_view why) {
        if (f.type != frame_type::request_fnf)
            put_error(id, code, why);
        return false;
    };
    if (refusing_)
        return reject(errc::rejected, "the server is stopping");
    if (leases_) {
        if (leased_by_us_ == 0 || now >= our_lease_end_)
            return reject(errc::rejected, "there is no lease for this request");
        --leased_by_us_;
    }
    if (streams_.size() >= config_.streams)
        return reject(errc::rejected, "too many streams are open");
    const bool has_n =
        f.type == frame_type::request_stream || f.type == frame_type::request_channel;
    if (has_n && f.n == 0)
        return reject(errc::invalid, "request n must be above 0");
    return true;
}

void engine::on_request(const frame& f, time_point now) {
    const bool theirs = (f.stream % 2 == 1) == (config_.side == role::server);
    if (!theirs || streams_.contains(f.stream))
        return;
    if (phase_ == phase::waiting) // "if it sees a REQUEST type" the setup is accepted
        establish();
    if (!established() || !admit(f.stream, f, now))
        return;
    const bool channel = f.type == frame_type::request_channel;
    stream s{.type = f.type, .mine = false, .receives = true, .sends = true};
    s.request = f.type;
    s.request_n = f.n;
    s.request_complete = channel && f.has(flags::complete);
    payload message;
    if (!collect(message, f))
        return f.type == frame_type::request_fnf
                   ? void()
                   : put_error(f.stream, errc::invalid, "the request is too big");
    if (f.has(flags::follows)) {
        s.receiving = std::move(message);
        streams_.emplace(f.stream, std::move(s));
        return;
    }
    auto& placed = streams_.emplace(f.stream, std::move(s)).first->second;
    begin(f.stream, placed, std::move(message));
}

/// The request is complete: the stream begins.
void engine::begin(std::uint32_t id, stream& s, payload message) {
    const auto type = s.type;
    s.request.reset();
    s.receives = type == frame_type::request_channel && !s.request_complete;
    s.may_send =
        type == frame_type::request_response ? 1 : std::min(s.request_n, config_.max_credit);
    event& e = tell(event::kind::request);
    e.stream = id;
    e.type = type;
    e.message = std::move(message);
    e.n = s.request_n;
    e.complete = s.request_complete;
    if (type == frame_type::request_fnf)
        erase(id);
}

/// Adds a fragment; false if it gets too big.
bool engine::collect(payload& into, const frame& f) const {
    const auto size = into.data.size() + (into.metadata ? into.metadata->size() : 0);
    const auto more = f.data.size() + (f.metadata ? f.metadata->size() : 0);
    if (more > config_.message - std::min(size, config_.message))
        return false;
    if (f.metadata) {
        if (!into.metadata)
            into.metadata.emplace();
        into.metadata->append(*f.metadata);
    }
    into.data.append(f.data);
    return true;
}

/// Ends a stream on which the peer did not keep to the protocol, and tells both sides.
void engine::break_off(
    stream_map::value_type& s, errc code, error_code why, std::string_view text) {
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
    erase(id);
}

void engine::on_stream_frame(const frame& f) {
    const auto found = find(f.stream);
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
        erase(found->first);
        return;
    case frame_type::error: {
        if (!s.second.request) {
            event& e = tell(event::kind::failed, s);
            e.error = code_of(f);
            e.text = f.data;
        }
        erase(found->first);
        return;
    }
    default:
        return;
    }
}

void engine::on_payload(stream_map::value_type& entry, const frame& f) {
    auto& [id, s] = entry;
    const bool more = f.has(flags::follows) && !f.has(flags::complete);
    if (!s.receives)
        return;
    if (!s.receiving && !f.has(flags::next) && !more) {
        if (!f.has(flags::complete))
            return;
        s.receives = false;
        tell(event::kind::completed, entry);
        return erase_if_done(id);
    }
    payload whole = s.receiving ? *std::exchange(s.receiving, std::nullopt) : payload();
    if (!collect(whole, f))
        return break_off(
            entry,
            errc::invalid,
            streamx::errc::message_too_big,
            "a payload is larger than the limit");
    if (more) {
        s.receiving = std::move(whole);
        return;
    }
    if (s.request) {
        s.request_complete = s.request_complete || f.has(flags::complete);
        return begin(id, s, std::move(whole));
    }
    on_item(entry, std::move(whole), f.has(flags::complete));
}

void engine::on_item(stream_map::value_type& entry, payload message, bool complete) {
    auto& [id, s] = entry;
    if (s.may_receive == 0)
        return break_off(
            entry,
            errc::invalid,
            errc::invalid,
            "the peer has sent more items than it was asked for");
    --s.may_receive;
    if (s.type == frame_type::request_response)
        complete = true; // "the implementation MUST assume it is set"
    event& e = tell(event::kind::item, entry);
    e.message = std::move(message);
    e.complete = complete;
    s.receives = s.receives && !complete;
    erase_if_done(id);
}

void engine::erase_if_done(std::uint32_t id) {
    const auto found = find(id);
    if (!found)
        return;
    const auto& s = found->second;
    if (!s.receives && !s.sends && !s.sending)
        erase(found->first);
}

// Streams

bool engine::may_request(time_point now) const noexcept {
    return has_room() && !draining_ && (!leases_ || (leased_to_us_ != 0 && now < lease_end_));
}

/// "Stream Identifiers": odd from a client, even from a server, in order, from the beginning again
/// after the last, leaving out those in use.
std::uint32_t engine::next_id() noexcept {
    const std::uint32_t first = config_.side == role::client ? 1 : 2;
    auto& last = config_.last_stream;
    for (std::size_t tries = 0; tries <= streams_.size(); ++tries) {
        last = last == 0 || last > max_31 - 2 ? first : last + 2;
        if (!streams_.contains(last))
            return last;
    }
    return 0;
}

std::uint32_t engine::request(
    frame_type type,
    payload message,
    std::uint32_t n,
    bool complete,
    std::shared_ptr<attachment> user) {
    const auto id = next_id();
    if (id == 0)
        return 0;
    if (leases_)
        --leased_to_us_;
    const bool channel = type == frame_type::request_channel;
    const bool fnf = type == frame_type::request_fnf;
    stream s{
        .type = type,
        .mine = true,
        .receives = !fnf,
        .sends = channel && !complete,
        .user = std::move(user)};
    s.may_receive = type == frame_type::request_response ? 1 : n;
    auto& placed = streams_.emplace(id, std::move(s)).first->second;
    put_item(
        id, placed, {.type = type, .message = std::move(message), .complete = complete, .n = n});
    return id;
}

void engine::attach(std::uint32_t id, std::shared_ptr<attachment> user) {
    if (const auto found = find(id); found)
        found->second.user = std::move(user);
}

std::uint32_t engine::credit(std::uint32_t id) noexcept {
    const auto found = find(id);
    if (!found || !found->second.sends || found->second.sending)
        return 0;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(found->second.may_send, max_31));
}

void engine::send(std::uint32_t id, payload&& message, bool complete) {
    const auto found = find(id);
    if (!found)
        return;
    auto& s = found->second;
    --s.may_send;
    const auto size = item_frame::overhead + message.data.size();
    if (!message.metadata && !complete && size <= config_.fragment && connected()) {
        const auto before = out.size();
        encode_item({id, message.data}, out);
        return count(before);
    }
    put_item(
        id,
        s,
        {.type = frame_type::payload, .message = std::move(message), .complete = complete, .n = 0});
}

bool engine::has_fragments(std::uint32_t id) noexcept {
    const auto found = find(id);
    return found && found->second.sending.has_value();
}

/// Sends an item, or the first of its fragments.
void engine::put_item(std::uint32_t id, stream& s, pending_item item) {
    s.sending = std::move(item);
    send_fragment(id);
}

/// "Fragmentation And Reassembly": the metadata completely before the data.
void engine::send_fragment(std::uint32_t id) {
    const auto found = find(id);
    if (!found || !found->second.sending)
        return;
    auto& s = found->second;
    auto& item = *s.sending;
    const std::string_view data = item.message.data;
    const std::string_view metadata =
        item.message.metadata ? std::string_view(*item.message.metadata) : std::string_view();
    frame f{.type = item.type, .stream = id, .n = item.n};
    const bool begins = item.sent == 0;
    if (item.message.metadata && (begins || item.sent < metadata.size()))
        f.metadata = metadata.substr(std::min(item.sent, metadata.size()));
    const auto fixed = overhead(f.type, f.metadata.has_value());
    const auto space = config_.fragment - std::min(config_.fragment - 1, fixed);
    if (f.metadata)
        f.metadata = f.metadata->substr(0, space);
    const auto used = f.metadata ? f.metadata->size() : 0;
    const auto data_at = std::max(item.sent, metadata.size()) - metadata.size();
    if (item.sent + used >= metadata.size())
        f.data = data.substr(data_at, space - used);
    item.sent += used + f.data.size();
    const bool last = item.sent == metadata.size() + data.size();
    if (!last)
        f.flags = flags::follows;
    if (f.type == frame_type::payload)
        f.flags |= flags::next;
    if (last && item.complete &&
        (f.type == frame_type::payload || f.type == frame_type::request_channel))
        f.flags |= flags::complete;
    const bool completes = item.complete;
    item.type = frame_type::payload;
    put(f);
    if (!last)
        return;
    s.sending.reset();
    s.sends = s.sends && !completes;
    if (std::exchange(s.complete_after, false))
        return complete(id);
    erase_if_done(id);
}

void engine::complete(std::uint32_t id) {
    const auto found = find(id);
    if (!found || !found->second.sends)
        return;
    if (found->second.sending) {
        found->second.complete_after = true;
        return;
    }
    put({.type = frame_type::payload, .stream = id, .flags = flags::complete});
    found->second.sends = false;
    erase_if_done(id);
}

void engine::stop_sending(stream_map::value_type& s) {
    s.second.sends = false;
    s.second.sending.reset();
}

void engine::fail(std::uint32_t id, errc code, std::string_view text) {
    if (!find(id))
        return;
    erase(id);
    put_error(id, code, text);
}

void engine::cancel(std::uint32_t id) {
    const auto found = find(id);
    if (!found)
        return;
    const bool was_mine = found->second.mine;
    put({.type = frame_type::cancel, .stream = id});
    if (was_mine) {
        erase(found->first);
        return;
    }
    found->second.receives = false; // a responder wants no more of the channel's items
    found->second.receiving.reset();
    erase_if_done(id);
}

void engine::grant(std::uint32_t id, std::uint32_t n) {
    const auto found = find(id);
    if (!found || !found->second.receives || n == 0)
        return;
    found->second.may_receive += n;
    put({.type = frame_type::request_n, .stream = id, .n = n});
}

void engine::push_metadata(std::string_view metadata) {
    put({.type = frame_type::metadata_push, .metadata = metadata});
}

void engine::lease(milliseconds ttl, std::uint32_t requests, time_point now) {
    if (!leases_)
        return;
    leased_by_us_ = requests;
    our_lease_end_ = now + ttl;
    if (requests == 0)
        return; // no lease is one of 0 requests, which LEASE cannot say
    put({.type = frame_type::lease, .ttl = to_32(ttl), .requests = requests});
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
