#pragma once

#include "engine.hpp"
#include "fifo.hpp"
#include "flow.hpp"

#include <streamx/core/any_stream.hpp>
#include <streamx/io/detail/read_space.hpp>
#include <streamx/io/transport.hpp>
#include <streamx/rsocket/options.hpp>
#include <streamx/rsocket/router.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace streamx::rsocket {

/// What fails the consumer of a stream: the code, and what the peer says of it.
std::exception_ptr failure_of(error_code ec, const std::string& text);

/// The client or server that has a session, and is asked and told by it.
class session_owner {
public:
    virtual ~session_owner() = default;
    /// Server: empty if the client of this SETUP is welcome, or why it is not.
    virtual std::string welcome(session&, const event&) { return {}; }
    /// Server: the client was told so. What it throws ends the connection.
    virtual void accepted(session&, const event&) {}
    /// Server: the session that a RESUME asks for.
    virtual std::shared_ptr<session> find(const std::string& /*token*/) { return nullptr; }
    virtual void established() {}
    /// The connection is gone, and is to be made anew.
    virtual void lost(error_code) {}
    /// The session is over.
    virtual void closed(session&, error_code) {}
};

/// A protocol engine, a transport, and the streams between them. All of it on one executor.
class session final : public std::enable_shared_from_this<session> {
public:
    session(
        asio::any_io_executor ex,
        engine_config config,
        std::uint32_t window,
        const io::endpoint_limits& limits,
        std::shared_ptr<const router> routes,
        std::weak_ptr<session_owner> owner);
    ~session();

    asio::any_io_executor get_executor() const { return executor_; }
    const engine& protocol() const noexcept { return engine_; }
    void set_lease(lease_options lease) { lease_ = lease; }
    const std::string& metadata_type() const noexcept { return engine_.config().metadata_mime; }
    const std::string& data_type() const noexcept { return engine_.config().data_mime; }
    std::uint32_t window() const noexcept { return window_; }
    /// What makes requests from here; it does not keep the session.
    std::shared_ptr<detail::requester_core> requests();
    /// What waits unread on a stream from the peer is to be within so many bytes.
    void set_window_bytes(std::optional<std::size_t> bytes) noexcept {
        window_bytes_ = bytes.value_or(0);
    }
    void set_when_lost(when_lost what) noexcept { when_lost_ = what; }

    /// Woken when it is over and its connection closed.
    std::shared_ptr<detail::inbox::gate> when_gone();

    /// A connection for it.
    void attach(io::transport t);
    /// Ends it: what is open fails with this.
    void close(errc code, const std::string& text);
    /// No new requests; what is open goes on.
    void drain();

    /// Begins a request from here: sent when its turn comes.
    std::shared_ptr<detail::inbox> begin(
        frame_type type, payload&& first, std::uint32_t window, any_stream<payload>&& source = {});

    /// Wakes the consumer of items: the last one that a read wakes, at the end of that and without a post.
    void wake(const std::shared_ptr<detail::inbox>& in);
    void grant(flow& f, std::uint32_t n);
    void abandon(const flow_ptr& f);
    /// Writes what was put into the engine, after what is running now.
    void schedule();

private:
    /// One connection: its buffers stay alive as long as its operations.
    struct wire final : std::enable_shared_from_this<wire> {
        void read();
        void write();
        void finish();
        void on_read(error_code ec, std::size_t n);
        void on_written(error_code ec, std::size_t n);

        std::shared_ptr<session> owner; // whose connection it is now
        io::transport via;
        io::detail::read_space in;
        out_bytes flying;
        std::size_t written = 0; // of `flying`
        bool reading = false, writing = false;
        bool broken = false;   // nothing more can be written
        bool finished = false; // the peer has been told so
    };
    using wire_ptr = std::shared_ptr<wire>;

    /// As long as one lives `pump` is called at its end, and needs not be scheduled.
    class pump_comes {
    public:
        explicit pump_comes(session& s) noexcept : scheduled_(s.scheduled_) { scheduled_ = true; }
        ~pump_comes() { scheduled_ = false; }
        pump_comes(const pump_comes&) = delete;
        pump_comes& operator=(const pump_comes&) = delete;

    private:
        bool& scheduled_;
    };

    engine::time_point now() const noexcept { return timer_->now(); }
    void take_over(const wire_ptr& w, const event& e);
    void read(const wire_ptr& w);
    bool must_handle_events() const noexcept;
    void receive(const wire_ptr& w);
    void parse(const wire_ptr& w);
    void connection_lost(const wire_ptr& w, error_code ec);
    void drop_wire();
    bool may_begin_at_once(frame_type type) const noexcept;
    void pump();
    void flush();
    void handle_events();
    void handle(event& e);
    void on_setup(const event& e);
    void on_resume(const event& e);
    void on_closed(const event& e);
    void gone();
    bool begins_anew(error_code why, bool by_peer) const noexcept;
    void begin_anew(error_code why);
    void on_request(event& e);
    std::shared_ptr<flow_inbox> make_inbox(const flow_ptr& f, std::uint32_t window);
    void answer(const flow_ptr& f, request&& r, bool complete);
    template <class R, class Handler, class... Args>
    void call(const flow_ptr& f, const Handler& handler, request&& r, Args... args);
    void answered(const flow_ptr& f, any_stream<payload> source);
    void answered(const flow_ptr& f, payload answer);
    void failed(const flow_ptr& f, const std::exception_ptr& failure);
    void send_waiting();
    void fail_waiting(error_code ec, const std::string& text);

    void queue(const flow_ptr& f);
    bool turn(const flow_ptr& f);
    bool send_request(const flow_ptr& f);
    bool send_items(const flow_ptr& f);
    bool send_answer(const flow_ptr& f);
    template <class Take>
    bool pull(const flow_ptr& f, Take take);
    void wait_for_source(const flow_ptr& f);
    static void drop_source(flow& f);

    void watch();
    void on_timer();
    std::optional<engine::time_point> deadline() const;

    asio::any_io_executor executor_;
    engine engine_;
    std::uint32_t window_;
    std::size_t window_bytes_ = 0; // 0: no matter how many
    io::endpoint_limits limits_;
    std::shared_ptr<const router> routes_;
    std::weak_ptr<session_owner> owner_;
    std::shared_ptr<detail::inbox::gate> when_gone_; // if somebody has asked for it
    std::shared_ptr<detail::requester_core> requests_;
    std::shared_ptr<streamx::detail::timer> timer_;
    std::optional<engine::time_point> watched_;
    std::optional<engine::time_point> linger_;
    std::optional<engine::time_point> next_lease_;
    std::optional<lease_options> lease_;
    error_code transport_error_;
    /// What has come just now: it is taken in, or the last of those who waited for it runs.
    enum class read_phase : std::uint8_t { none, taking, waking } reading_ = read_phase::none;
    std::shared_ptr<detail::inbox> woken_; // that last one
    std::weak_ptr<wire> wire_; // its outstanding read or write keeps it, and it keeps this session
    std::vector<event> spare_; // what `handle_events` has done with: its memory is used again
    fifo<flow_ptr> turns_;
    fifo<flow_ptr> unsent_; // requests that wait for a connection, or a lease
    when_lost when_lost_ = when_lost::close;
    bool was_established_ = false;
    bool scheduled_ = false;
    bool over_ = false;
    bool gone_ = false;
};

} // namespace streamx::rsocket
