#pragma once

#include "alarm.hpp"

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/detail/message.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <nats/nats.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace streamx::nats::detail {

inline error_code client_error(natsStatus s) {
    return s == NATS_CONNECTION_CLOSED ? error_code(errc::connection_closed)
                                       : error_code(static_cast<int>(s), client_category());
}

/// Something that lives on a link and is told what happens to it; under the link's lock.
class link_member {
public:
    virtual ~link_member() = default;
    virtual void on_message(message) {}
    virtual void on_no_responders() {}
    virtual void on_dropped() {} ///< messages, as too many were pending
    virtual void on_read() {}    ///< after the messages of one read
    virtual void on_reconnected() {}
    virtual void on_writable() {} ///< what was published has left
    virtual void on_closed() {}
    /// How many messages it has room for; the rest stays in the client library.
    virtual std::size_t room() const { return static_cast<std::size_t>(-1); }
};

/// The threads on which the client library may block, each for one job, and the links of a context.
/// When the context goes they are closed, and the threads joined.
class blocking_jobs final : public asio::execution_context::service {
public:
    using key_type = blocking_jobs;
    inline static asio::execution_context::id id;
    explicit blocking_jobs(asio::execution_context& c) : asio::execution_context::service(c) {}

    void run(std::function<void()> job);
    void add(const link_ptr& l);
    void shutdown() override;

private:
    struct worker {
        std::thread thread;
        std::atomic<bool> done = false;
    };
    std::mutex mutex_;
    bool down_ = false;
    std::list<worker> workers_;
    std::vector<std::weak_ptr<link>> links_;
};

/// A connection of nats.c whose socket is served by an executor's context, through the hook that the
/// library has for event loops. Only synchronous subscriptions are used, and emptied without waiting
/// after each read: so no thread of the library's touches the data.
///
/// Its lock is taken before the library's own; the library's callbacks, which run under that, take none
/// of ours and only set a flag and post.
class link : public std::enable_shared_from_this<link> {
public:
    static void
    connect(asio::any_io_executor ex, connect_options options, const answer_ptr<link_ptr>& done);

    link(asio::any_io_executor ex, connect_options options);
    ~link();

    mutable std::recursive_mutex mutex;

    const asio::any_io_executor& executor() const noexcept { return ex_; }
    asio::execution_context& context() const { return asio::query(ex_, asio::execution::context); }
    bool is_connected() const;
    bool is_closing() const noexcept { return closing_; }
    watch<connection_event>& events() noexcept { return events_; }
    std::size_t buffered() const;

    /// May be called without the lock.
    error_code publish(const char* subject, const char* reply, std::string_view payload);
    /// Also lets go what has gathered, when it is much.
    error_code publish(natsMsg* m);

    using request_handler = std::function<void(error_code, const message&)>;
    /// `then` runs under the lock.
    void request(
        const std::string& subject,
        std::string_view payload,
        std::chrono::milliseconds timeout,
        request_handler then);
    /// `then` runs under the lock when that time is over, or with an error when the link closes.
    void pause(std::chrono::milliseconds time, std::function<void(error_code)> then);
    clock::time_point now() const noexcept { return request_alarm_->now(); }

    /// When it has come back the server has had all that was published before. `then` runs under the lock.
    void round_trip(std::chrono::milliseconds timeout, request_handler then);

    /// A subject of this connection's own.
    std::string new_inbox() { return inbox_ + '.' + std::to_string(++last_inbox_); }

    void join(std::weak_ptr<link_member> m) { members_.push_back(std::move(m)); }
    /// Messages on `subject` go to `m`. At most `limit` of them wait in the library.
    error_code subscribe(
        const std::string& subject,
        const std::string& queue,
        const std::shared_ptr<link_member>& m,
        int limit);
    void unsubscribe(const link_member* m);
    /// Gives a member what waits in the library and it has room for.
    void drain(const link_member* m);

    void close(answer_ptr<nothing> done = {});
    void abandon();

private:
    struct subscription {
        natsSubscription* native;
        link_member* member;
        std::weak_ptr<link_member> alive;
    };
    struct request_state {
        request_handler then;
        clock::time_point due;
        bool asked = true; // or only a pause
    };
    class request_inbox;
    friend class request_inbox;

    static natsStatus attach(void** user, void* loop, natsConnection* nc, natsSock socket);
    static natsStatus read_add_remove(void* user, bool add);
    static natsStatus write_add_remove(void* user, bool add);
    static natsStatus detach(void* user);

    natsStatus configure(natsOptions* o);
    void connect_now(const answer_ptr<link_ptr>& done);
    void adopt(int fd, unsigned generation);
    void arm_read();
    void on_readable(unsigned generation, error_code ec);
    void write();
    void flush();
    void drain(subscription& s);
    void close_when_flushed();
    void close_now();
    void close_and_wait();
    static void let_go(link_ptr self, answer_ptr<link_ptr> done);
    void report(connection_state state);
    void answered(const message& m);
    void wait_for(std::uint64_t number, request_state r);
    void expire_requests();
    template <class F>
    void each_member(F f);

    asio::any_io_executor ex_;
    connect_options options_;
    watch<connection_event> events_;
    std::atomic<natsConnection*> nc_ = nullptr;
    std::atomic<unsigned> generation_ = 0; // of the socket: it changes when that is lost
    std::atomic<bool> want_write_ = false, flush_posted_ = false;
    std::optional<asio::posix::stream_descriptor>
        fd_; // a duplicate, as the library closes its own early
    unsigned fd_generation_ = 0;
    bool write_waiting_ = false;

    std::list<subscription> subscriptions_;
    std::vector<std::weak_ptr<link_member>> members_;
    std::string inbox_;
    std::atomic<std::uint64_t> last_inbox_ = 0;
    std::map<std::uint64_t, request_state> requests_;
    std::uint64_t last_request_ = 0;
    clock::time_point next_due_ = clock::time_point::max(); // of them
    std::shared_ptr<request_inbox> request_inbox_;
    std::shared_ptr<alarm> request_alarm_, rearm_, close_alarm_;

    std::atomic<bool> closing_ = false;
    bool close_started_ = false;
    bool close_finished_ = false;
    std::vector<answer_ptr<nothing>> close_waiters_;
    std::mutex closed_mutex_;
    std::condition_variable closed_changed_;
    bool closed_ = false; // the library has called back for the last time
    link_ptr keep_;       // until then
};

} // namespace streamx::nats::detail
