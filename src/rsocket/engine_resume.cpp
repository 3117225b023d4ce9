// How a session goes on over another connection: RESUME and RESUME_OK.

#include "engine.hpp"

namespace streamx::rsocket {

void engine::put_resume() {
    put(
        {.type = frame_type::resume,
         .position = positions_.received(),
         .first = positions_.first(),
         .major = major_version,
         .minor = minor_version,
         .token = config_.token});
    resuming_ = true; // "MUST NOT send any other frame types until resumption succeeds"
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

bool engine::resume(std::uint64_t received, std::uint64_t available, time_point now) {
    began_ = heard_ = now;
    out.clear();
    asked_position_ = false;
    phase_ = phase::waiting;
    if (available > positions_.received() || !positions_.acknowledge(received)) {
        refuse(errc::rejected_resume, "the session cannot go on from this position");
        return false;
    }
    put({.type = frame_type::resume_ok, .position = positions_.received()});
    out.append(positions_.frames());
    establish();
    return true;
}

void engine::on_resume_ok(const frame& f) {
    if (!resuming_)
        return;
    if (!positions_.acknowledge(f.position))
        return refuse(errc::connection_error, "the session cannot go on from this position");
    resuming_ = false;
    out.append(positions_.frames());
    establish();
}

} // namespace streamx::rsocket
