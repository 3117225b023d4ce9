#pragma once

#include "alarm.hpp"
#include "client_error.hpp"
#include "link_member.hpp"
#include "link_socket.hpp"
#include "requests.hpp"
#include "subscriptions.hpp"

#include <streamx/bridges/nats/connection.hpp>

#include <nats/nats.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace streamx::nats::detail {

/// A connection of nats.c, from its beginning to its end, and what belongs to it: its socket, what it
/// listens to, what was asked. No thread of the library's touches the data.
///
/// Its lock is taken before the library's own; the library's callbacks, which run under that, take none
/// of ours.
class link : public std::enable_shared_from_this<link> {
public:
    static void
    connect(asio::any_io_executor ex, connect_options options, const answer_ptr<link_ptr>& done);

    link(asio::any_io_executor ex, connect_options options);
    ~link();

    mutable std::recursive_mutex mutex;

    const asio::any_io_executor& executor() const noexcept { return ex_; }
    asio::execution_context& context() const { return asio::query(ex_, asio::execution::context); }
    /// An alarm that rings under the lock, as long as the link is there.
    std::shared_ptr<alarm> make_alarm(std::function<void()> ring);

    watch<connection_event>& events() noexcept { return events_; }
    bool is_connected() const;
    bool is_closing() const noexcept { return closing_; }

    // What is published. Without the lock, but for a `natsMsg`.

    error_code publish(const char* subject, const char* reply, std::string_view payload);
    /// Also lets go what has gathered, when it is much.
    error_code publish(natsMsg* m);
    /// Bytes that have not left.
    std::size_t buffered() const;
    /// That the server takes, headers included.
    std::size_t max_payload() const noexcept { return max_payload_; }

    // What is asked. `then` runs under the lock; with `errc::connection_closed` when the link closes.

    using request_handler = requests::handler;
    void request(
        const std::string& subject,
        std::string_view payload,
        std::chrono::milliseconds timeout,
        request_handler then);
    void round_trip(std::chrono::milliseconds timeout, request_handler then);
    void pause(std::chrono::milliseconds time, std::function<void(error_code)> then);
    clock::time_point now() const noexcept { return requests_->now(); }

    // Who lives on it.

    /// The first part of all subjects of this connection's own.
    const std::string& inbox() const noexcept { return inbox_; }
    std::string new_inbox() { return inbox_ + '.' + std::to_string(++last_inbox_); }
    void join(std::weak_ptr<link_member> m) { members_.push_back(std::move(m)); }
    error_code subscribe(
        const std::string& subject,
        const std::string& queue,
        const std::shared_ptr<link_member>& m,
        int limit);
    void unsubscribe(const link_member* m);

    // Its end.

    void close(answer_ptr<nothing> done = {});
    /// The context goes: what it serves has to be over before.
    void abandon();

private:
    friend class link_socket;
    natsConnection* native() const noexcept { return nc_; }
    void adopt(natsConnection* nc) noexcept { nc_ = nc; }
    bool is_closed() const noexcept { return close_started_; }
    void on_read() { subscriptions_.give_out(); }
    void on_written();

    natsStatus set_callbacks(natsOptions* o);
    void connect_now(const answer_ptr<link_ptr>& done);
    void connected(natsConnection* nc);
    void reconnected();
    void close_when_flushed();
    void close_now();
    void close_and_wait();
    static void let_go(link_ptr self, answer_ptr<link_ptr> done);
    void report(connection_state state);
    template <class F>
    void each_member(F f);

    asio::any_io_executor ex_;
    connect_options options_;
    watch<connection_event> events_;
    std::atomic<natsConnection*> nc_ = nullptr;
    std::atomic<std::size_t> max_payload_ = 0;
    link_socket socket_;
    subscriptions subscriptions_;
    std::shared_ptr<requests> requests_;
    std::vector<std::weak_ptr<link_member>> members_;
    std::string inbox_;
    std::atomic<std::uint64_t> last_inbox_ = 0;

    bool is_up_ = false; // has been connected
    std::atomic<bool> closing_ = false;
    bool close_started_ = false;
    bool close_finished_ = false;
    std::shared_ptr<alarm> close_alarm_;
    std::vector<answer_ptr<nothing>> close_waiters_;
    std::mutex closed_mutex_;
    std::condition_variable closed_changed_;
    bool closed_ = false; // the library has called back for the last time
    link_ptr keep_;       // until then
};

/// The number at the end of a subject of ours.
std::uint64_t last_number(std::string_view subject);

} // namespace streamx::nats::detail
