// How a connection is set up: SETUP, its answer, and the leases that may follow.

#include "engine.hpp"

#include <algorithm>
#include <utility>

namespace streamx::rsocket {
namespace {

using std::chrono::milliseconds;

std::uint32_t to_32(milliseconds t) noexcept {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(t.count(), 1, max_31));
}

/// "Error Codes": those of the connection's beginning.
bool is_setup_code(std::uint32_t code) noexcept { return code >= 0x001 && code <= 0x004; }

} // namespace

void engine::connected(time_point now) {
    began_ = heard_ = now;
    if (over() || config_.side == role::server)
        return;
    out.clear();
    phase_ = phase::waiting;
    if (set_up_ && resumable_)
        put_resume();
    else
        put_setup(now);
}

void engine::put_setup(time_point now) {
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

void engine::establish() {
    if (phase_ != phase::waiting)
        return;
    phase_ = phase::open;
    tell(event::kind::established);
    // "The client-side Responder MUST send a LEASE frame": a client has nothing to be spared from.
    if (config_.side == role::client && leases_)
        lease(milliseconds(max_31), max_31, heard_);
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
    e.message.data = f.data;
    if (f.metadata)
        e.message.metadata = *f.metadata;
    e.text = f.token;
    e.metadata_mime = f.metadata_mime;
    e.data_mime = f.data_mime;
}

void engine::accept(time_point now) {
    phase_ = phase::open;
    set_up_ = true;
    heard_ = now;
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
    events.back().by_peer = true;
}

// Leases

void engine::lease(milliseconds ttl, std::uint32_t requests, time_point now) {
    if (!leases_)
        return;
    leased_by_us_.give(requests, now + ttl);
    if (requests == 0)
        return; // no lease is one of 0 requests, which LEASE cannot say
    put({.type = frame_type::lease, .ttl = to_32(ttl), .requests = requests});
}

void engine::on_lease(const frame& f, time_point now) {
    if (!leases_)
        return;
    leased_to_us_.give(f.requests, now + milliseconds(f.ttl));
    establish();
    tell(event::kind::leased);
}

} // namespace streamx::rsocket
