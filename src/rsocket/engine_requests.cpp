// How streams begin: the peer's requests, and ours.

#include "engine.hpp"

#include <algorithm>
#include <utility>

namespace streamx::rsocket {

// The peer's

bool engine::admit(const frame& f, time_point now) {
    const auto reject = [&](errc code, std::string_view why) {
        if (f.type != frame_type::request_fnf)
            put_error(f.stream, code, why);
        return false;
    };
    if (refusing_)
        return reject(errc::rejected, "the server is stopping");
    if (leases_) {
        if (!leased_by_us_.allows(now))
            return reject(errc::rejected, "there is no lease for this request");
        leased_by_us_.use();
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
    if (!established() || !admit(f, now))
        return;
    const bool channel = f.type == frame_type::request_channel;
    stream_state s{.type = f.type, .mine = false, .receives = true, .sends = true};
    s.request = f.type;
    s.request_n = f.n;
    s.request_complete = channel && f.has(flags::complete);
    on_part(streams_.add(f.stream, std::move(s)), f, f.has(flags::follows));
}

/// The request is complete: the stream begins.
void engine::begin(entry& of, payload message) {
    auto& [id, s] = of;
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
        streams_.erase(e.stream);
}

void engine::attach(std::uint32_t id, std::shared_ptr<attachment> user) {
    if (const auto found = streams_.find(id))
        found->second.user = std::move(user);
}

// Ours

bool engine::may_request(time_point now) const noexcept {
    return has_room() && !draining_ && (!leases_ || leased_to_us_.allows(now));
}

std::uint32_t engine::request(
    frame_type type,
    payload message,
    std::uint32_t n,
    bool complete,
    std::shared_ptr<attachment> user) {
    const auto id = streams_.next_id(config_.last_stream, config_.side == role::client ? 1 : 2);
    if (id == 0)
        return 0;
    config_.last_stream = id;
    if (leases_)
        leased_to_us_.use();
    const bool channel = type == frame_type::request_channel;
    const bool fnf = type == frame_type::request_fnf;
    stream_state s{
        .type = type,
        .mine = true,
        .receives = !fnf,
        .sends = channel && !complete,
        .user = std::move(user)};
    s.may_receive = type == frame_type::request_response ? 1 : n;
    put_first(
        streams_.add(id, std::move(s)),
        {.type = type, .message = std::move(message), .complete = complete, .n = n});
    return id;
}

} // namespace streamx::rsocket
