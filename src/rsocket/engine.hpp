#pragma once

#include "engine_config.hpp"
#include "event.hpp"
#include "item_frame.hpp"
#include "lease.hpp"
#include "out_bytes.hpp"
#include "resume_buffer.hpp"
#include "stream_table.hpp"

#include <streamx/core/asio.hpp>
#include <streamx/rsocket/error.hpp>
#include <streamx/rsocket/payload.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::rsocket {

/// The protocol, for one end of one session: frames and requests go in, frames and events come out. It
/// knows no socket and no clock; what time it is, it is told. Nothing here calls back.
///
/// `receive`, `on_time` and the functions that act on a stream append to `events` and `out`; the owner
/// takes what it finds there.
class engine {
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit engine(engine_config config) : config_(std::move(config)) {}

    engine_config& config() noexcept { return config_; }
    const engine_config& config() const noexcept { return config_; }

    /// A transport is there: a client sends SETUP, or RESUME if it was set up before.
    void connected(time_point now);
    /// The transport is gone. Streams of a session that can be resumed stay as they are.
    void disconnected(time_point now);

    /// Most of what comes, without the way through `decode` and `events`: whole items of one stream that
    /// has an owner already, at the front of these bytes, in which each frame stands behind its length.
    /// Of how many bytes they were; 0 if it is something else, or not in order.
    std::size_t receive_items(std::string_view bytes, time_point now);
    /// One frame from the peer, without its length.
    void receive(std::string_view bytes, time_point now);
    /// Ends the connection because of what the peer sent: ERROR with this code and text.
    void refuse(errc code, std::string_view text);
    /// It is this late: sends KEEPALIVE, gives up a dead peer.
    void on_time(time_point now);
    /// When `on_time` has something to do next.
    std::optional<time_point> deadline() const noexcept;

    /// Server: the answer to `setup`.
    void accept(time_point now);
    /// Server: the answer to `resume`, on the engine of the session that goes on. False: its positions
    /// cannot be, the peer was told so, and the session is over.
    bool resume(std::uint64_t received, std::uint64_t available, time_point now);

    bool established() const noexcept { return phase_ == phase::open; }
    bool over() const noexcept { return phase_ == phase::over; }
    bool resumable() const noexcept { return resumable_; }
    bool leases() const noexcept { return leases_; }
    bool draining() const noexcept { return draining_ || refusing_; }
    std::size_t open_streams() const noexcept { return streams_.size(); }
    /// Bytes that are kept of payloads whose last fragment has not come.
    std::size_t unfinished() const noexcept { return streams_.unfinished(); }

    /// Whether payloads are to be sent now: there is a connection with room.
    bool has_room() const noexcept {
        return established() && out.size() < config_.room && positions_.bytes() < config_.retained;
    }
    /// Whether a new request may be sent: has_room, and the peer's lease if there are leases.
    bool may_request(time_point now) const noexcept;

    /// Begins a stream: the frame of this type is sent. Gives its id, or 0 when there is none left.
    /// Precondition: `may_request`.
    std::uint32_t request(
        frame_type type,
        payload message,
        std::uint32_t n,
        bool complete,
        std::shared_ptr<attachment> user);
    void attach(std::uint32_t stream, std::shared_ptr<attachment> user);

    /// How many items may be sent on this stream now; 0 while fragments of one are under way.
    std::uint32_t credit(std::uint32_t stream) noexcept;
    /// Sends an item. Precondition: `credit(stream) != 0`. True if the next may be sent at once.
    bool send(std::uint32_t stream, payload&& message, bool complete);
    /// Whether fragments of an item are still to be sent, one by `send_fragment`.
    bool has_fragments(std::uint32_t stream) noexcept;
    void send_fragment(std::uint32_t stream);
    /// No more items from here; at once, or behind the fragments under way.
    void complete(std::uint32_t stream);
    /// The stream has failed here.
    void fail(std::uint32_t stream, errc code, std::string_view text);
    /// No more items are wanted.
    void cancel(std::uint32_t stream);
    /// `n` items more are wanted.
    void grant(std::uint32_t stream, std::uint32_t n);

    void push_metadata(std::string_view metadata);
    /// Allows the peer so many requests for so long.
    void lease(std::chrono::milliseconds ttl, std::uint32_t requests, time_point now);
    /// Refuses new requests from now on, and tells the peer that the end is near.
    void drain();
    /// Ends a connection that either side drains, if nothing is open in it any more.
    void end_if_drained();

    std::vector<event> events;
    out_bytes out; ///< encoded frames, each behind its length, to be sent in this order

private:
    enum class phase { fresh, deciding, waiting, open, lost, over };
    using entry = stream_table::entry;

    event& tell(event::kind what) { return events.emplace_back(event{what}); }
    event& tell(event::kind what, entry& s);
    bool connected() const noexcept {
        return phase_ != phase::lost && phase_ != phase::over && !resuming_;
    }

    // engine.cpp: what it sends, and the end of a connection
    void put(const frame& f);
    /// A frame that counts for the positions, encoded behind `before`.
    void count(std::size_t before);
    void keep(std::size_t before);
    void put_error(std::uint32_t id, errc code, std::string_view text);
    void close(error_code why, std::string_view text);
    void drop_all(error_code why, std::string_view text);

    // engine_setup.cpp
    void put_setup(time_point now);
    void establish();
    void on_setup(const frame& f, time_point now);
    void on_lease(const frame& f, time_point now);
    void on_connection_error(const frame& f);

    // engine_resume.cpp
    void put_resume();
    void on_resume(const frame& f, time_point now);
    void on_resume_ok(const frame& f);

    // engine_keepalive.cpp
    void put_keepalive(std::uint16_t flags, std::string_view data);
    void on_keepalive(const frame& f);

    // engine_receive.cpp
    bool take_last(std::string_view bytes);
    void on_connection_frame(const frame& f, time_point now);
    void on_stream_frame(const frame& f);
    void on_payload(entry& s, const frame& f);
    void on_part(entry& s, const frame& f, bool more);
    void on_item(entry& s, payload message, bool complete);
    void break_off(entry& s, errc code, error_code why, std::string_view text);
    /// The code of an ERROR frame. 0 is reserved, and no success.
    static errc code_of(const frame& f) noexcept;

    // engine_requests.cpp: those of the peer
    void on_request(const frame& f, time_point now);
    bool admit(const frame& f, time_point now);
    void begin(entry& s, payload message);

    // engine_send.cpp
    bool send_other(entry& s, payload&& message, bool complete);
    void put_first(entry& s, fragmented&& item);
    void send_fragment(entry& s);
    void all_sent(entry& s, bool complete);
    void stop_sending(entry& s);
    void erase_if_done(std::uint32_t id);

    engine_config config_;
    phase phase_ = phase::fresh;
    bool set_up_ = false; // SETUP was sent, or accepted
    bool resumable_ = false;
    bool resuming_ = false; // RESUME was sent and not answered
    bool leases_ = false;
    bool draining_ = false; // the peer's wish
    bool refusing_ = false; // ours
    bool asked_position_ = false;
    stream_table streams_;
    resume_buffer positions_;
    request_lease leased_to_us_, leased_by_us_;
    time_point began_{}, heard_{}, next_keepalive_{};
};

// What happens to each item stands in its owner's loops.

inline std::uint32_t engine::credit(std::uint32_t id) noexcept {
    const auto found = streams_.find(id);
    if (!found || !found->second.sends || found->second.sending)
        return 0;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(found->second.may_send, max_31));
}

inline bool engine::send(std::uint32_t id, payload&& message, bool complete) {
    const auto found = streams_.find(id);
    if (!found)
        return false;
    --found->second.may_send;
    const auto size = item_head::overhead + message.data.size();
    if (message.metadata || complete || size > config_.fragment || !connected()) [[unlikely]]
        return send_other(*found, std::move(message), complete);
    const auto before = out.size();
    encode_item(id, message.data, out);
    count(before);
    return out.size() < config_.room && found->second.may_send != 0 && (!resumable_ || has_room());
}

inline void engine::count(std::size_t before) {
    if (resumable_)
        return keep(before);
    positions_.sent(out.size() - before - length_size);
}

inline std::size_t engine::receive_items(std::string_view bytes, time_point now) {
    // In order: not before an item that has metadata, say, and waits in an event.
    if (!established() || !events.empty() || bytes.size() < item_head::size)
        return 0;
    const auto found = streams_.find(item_head::read(bytes.data()).stream());
    if (!found || !found->second.user)
        return 0;
    auto& s = found->second;
    if (!s.receives || s.receiving || s.type == frame_type::request_response)
        return 0;
    const auto largest = std::min(
        config_.message, std::max(config_.frame, item_head::overhead) - item_head::overhead);
    const auto items = item_run::in(bytes, s.may_receive, largest);
    if (items.count == 0)
        return 0;
    heard_ = now;
    positions_.received(items.bytes());
    s.may_receive -= items.count;
    s.user->take(items);
    return items.frames.size();
}

} // namespace streamx::rsocket
