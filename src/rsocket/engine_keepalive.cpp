// Signs of life, and what happens without them.

#include "engine.hpp"

#include <streamx/core/error.hpp>

#include <algorithm>

namespace streamx::rsocket {

void engine::put_keepalive(std::uint16_t flags, std::string_view data) {
    put(
        {.type = frame_type::keepalive,
         .flags = flags,
         .position = resumable_ ? positions_.received() : 0,
         .data = data});
}

void engine::on_keepalive(const frame& f) {
    if (!set_up_ || resuming_) // RESUME_OK alone lets a session go on
        return;
    establish();
    if (f.position != 0 && resumable_)
        positions_.acknowledge(f.position);
    if (f.has(flags::respond))
        return put_keepalive(0, f.data);
    asked_position_ = false;
}

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

} // namespace streamx::rsocket
