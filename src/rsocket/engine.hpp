#pragma once

#include "frame.hpp"

#include <streamx/core/asio.hpp>
#include <streamx/rsocket/error.hpp>
#include <streamx/rsocket/payload.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace streamx::rsocket {

/// Which end of the connection.
enum class role { client, server };

/// What the owner of the engine keeps with a stream.
struct attachment {
    virtual ~attachment() = default;
    /// The data of an item that has come: in the place of an event, as there are so many of them.
    virtual void take(std::string_view data) = 0;
};

struct engine_config {
    role side = role::client;
    std::size_t fragment = 32 * 1024;   ///< bytes of the largest frame that is sent
    std::size_t frame = 1024 * 1024;    ///< bytes of the largest frame that is received
    std::size_t message = 1024 * 1024;  ///< bytes of the largest payload, put together again
    std::size_t streams = 16 * 1024;    ///< that the peer may have open at a time
    std::size_t room = 64 * 1024;       ///< bytes encoded and not taken: then payloads wait
    std::uint32_t max_credit = max_31;  ///< of the peer's credit no more than this is kept a stream
    std::size_t retained = 1024 * 1024; ///< bytes kept to be sent again; then payloads wait
    bool resume = false;                ///< client: asks for it. Server: allows it
    bool lease = false;                 ///< client: asks for it. Server: allows it
    std::chrono::milliseconds interval{10'000};  ///< between two KEEPALIVE frames
    std::chrono::milliseconds lifetime{30'000};  ///< of a peer that says nothing
    std::chrono::milliseconds handshake{10'000}; ///< until the connection is established
    std::chrono::milliseconds keep{60'000};      ///< a session without a connection, to be resumed
    std::uint32_t last_stream = 0; ///< the last id that was given to a stream; 0: none yet
    std::string token;             ///< client: names the session to resume
    std::string metadata_mime, data_mime;
    payload setup;
};

/// What the engine tells its owner. Which members mean something the kind says.
struct event {
    enum class kind {
        setup,  ///< server: is this client welcome? `text` its token, `message`, `mime`
        resume, ///< server: a session of this token (`text`) is to go on from `position`, `first`
        established,   ///< the peer has answered: the connection is set up, or resumed
        request,       ///< `type`, `message`, `n`, `complete`
        item,          ///< `message`, `complete`
        completed,     ///< no more items from the peer
        failed,        ///< the stream is over: `error`, `text`
        cancelled,     ///< the peer wants nothing more from this stream
        credit,        ///< more items may be sent on this stream
        metadata_push, ///< `message.metadata`
        leased,        ///< requests may be sent again
        draining,      ///< the peer closes when the streams are over: no new requests
        closed,        ///< this connection is over: `error`, `text`. A resumable session may go on
    };

    kind what;
    std::uint32_t stream = 0;
    std::shared_ptr<attachment> user = nullptr;
    frame_type type{};
    payload message = {};
    std::uint32_t n = 0;
    bool complete = false;
    std::uint64_t position = 0, first = 0;
    error_code error = {};
    std::string text = {};
    std::string metadata_mime = {}, data_mime = {};
};

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

    /// A transport is there: a client sends SETUP, or RESUME if it was set up before.
    void connected(time_point now);
    /// The transport is gone. Streams of a session that can be resumed stay as they are.
    void disconnected(time_point now);

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

    /// Whether payloads are to be sent now: there is a connection with room.
    bool has_room() const noexcept {
        return established() && out.size() < config_.room && retained_bytes_ < config_.retained;
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
    /// Sends an item. Precondition: `credit(stream) != 0`.
    void send(std::uint32_t stream, payload&& message, bool complete);
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
    std::string out; ///< encoded frames, each behind its length, to be sent in this order

private:
    enum class phase { fresh, deciding, waiting, open, lost, over };

    struct pending_item {
        frame_type type; // of the next fragment
        payload message;
        std::size_t sent = 0; // of metadata and data together
        bool complete;
        std::uint32_t n;
    };

    struct stream {
        frame_type type;
        bool mine; // we are the requester
        bool receives, sends;
        std::uint64_t may_send = 0;    // credit the peer has given
        std::uint64_t may_receive = 0; // credit we have given
        std::shared_ptr<attachment> user = nullptr;
        std::optional<pending_item> sending = std::nullopt;
        bool complete_after = false;                      // the fragments
        std::optional<payload> receiving = std::nullopt;  // fragments so far
        std::optional<frame_type> request = std::nullopt; // that they are of
        std::uint32_t request_n = 0;
        bool request_complete = false;
    };
    using stream_map = std::unordered_map<std::uint32_t, stream>;

    event& tell(event::kind what) { return events.emplace_back(event{what}); }
    event& tell(event::kind what, stream_map::value_type& s);
    stream_map::value_type* find(std::uint32_t id) noexcept;
    bool connected() const noexcept;
    void erase(std::uint32_t id);
    bool take_item(std::string_view bytes);
    void receive_other(std::string_view bytes, time_point now);

    void put(const frame& f);
    void count(std::size_t before);
    void put_error(std::uint32_t id, errc code, std::string_view text);
    void put_keepalive(std::uint16_t flags, std::string_view data);
    void close(error_code why, std::string_view text);
    void establish();
    void drop_all(error_code why, std::string_view text);

    void on_connection_frame(const frame& f, time_point now);
    void on_setup(const frame& f, time_point now);
    void on_resume(const frame& f, time_point now);
    void on_resume_ok(const frame& f);
    void on_keepalive(const frame& f);
    void on_connection_error(const frame& f);
    void on_request(const frame& f, time_point now);
    void on_stream_frame(const frame& f);
    void on_payload(stream_map::value_type& s, const frame& f);
    void on_item(stream_map::value_type& s, payload message, bool complete);
    bool admit(std::uint32_t id, const frame& f, time_point now);
    void begin(std::uint32_t id, stream& s, payload message);
    bool collect(payload& into, const frame& f) const;

    void put_item(std::uint32_t id, stream& s, pending_item item);
    void stop_sending(stream_map::value_type& s);
    void erase_if_done(std::uint32_t id);
    void break_off(stream_map::value_type& s, errc code, error_code why, std::string_view text);

    bool acknowledge(std::uint64_t position);
    bool can_resend_from(std::uint64_t position) const noexcept;
    std::uint32_t next_id() noexcept;

    engine_config config_;
    phase phase_ = phase::fresh;
    bool set_up_ = false; // SETUP was sent, or accepted
    bool resumable_ = false;
    bool resuming_ = false; // RESUME was sent and not answered
    bool leases_ = false;
    bool draining_ = false; // the peer's wish
    bool refusing_ = false; // ours
    stream_map streams_;
    stream_map::value_type* found_ = nullptr; // by the last `find`: most often asked for again

    // Positions of "Implied Position", and the frames from `base_` to `sent_`.
    std::uint64_t received_ = 0, sent_ = 0, base_ = 0;
    std::deque<std::string> retained_;
    std::size_t retained_bytes_ = 0;
    bool asked_position_ = false;

    time_point began_{}, heard_{}, next_keepalive_{};
    std::uint32_t leased_to_us_ = 0, leased_by_us_ = 0;
    time_point lease_end_{}, our_lease_end_{};
};

} // namespace streamx::rsocket
