#pragma once

#include <streamx/bridges/nats/connect_options.hpp>
#include <streamx/bridges/nats/detail/answer.hpp>
#include <streamx/bridges/nats/error.hpp>
#include <streamx/channels/watch.hpp>
#include <streamx/core/asio.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::nats {

namespace detail {
class link;
using link_ptr = std::shared_ptr<link>;

void connect(asio::any_io_executor ex, connect_options options, answer_ptr<link_ptr> done);
void close(const link_ptr& l, const answer_ptr<nothing>& done);
void request(
    const link_ptr& l,
    const std::string& subject,
    std::string_view payload,
    std::chrono::milliseconds timeout,
    const answer_ptr<std::string>& done);
asio::any_io_executor executor_of(const link& l);
} // namespace detail

enum class connection_state {
    connected,
    reconnecting, ///< lost; the client tries the servers in turn
    closed,       ///< for good
};

/// What a connection's watchers see.
struct connection_event {
    connection_state state = connection_state::closed;
    std::string server;           ///< the URL of the server that it is connected to
    std::uint64_t reconnects = 0; ///< so far
    error_code reason{};          ///< why it was lost or closed, where the client knows

    friend bool operator==(const connection_event&, const connection_event&) = default;
};

/// A connection to NATS servers: a handle, of which copies stand for the same. Its socket is served by
/// the executor's context; the client library's own threads take no part in that, they only tell the
/// time and report that a connection is lost. As long as it is open it keeps the context running.
///
/// It closes by itself when the last copy of it is gone, and every source, sink and unanswered delivery
/// that was made of it; what was published before still leaves, if the context runs. A context that is
/// destroyed closes its connections, which takes a round trip to the server for each, or half a second
/// if that does not answer; and it waits for one that is still connecting.
///
/// The client library sets SIGPIPE to be ignored in the whole process.
///
/// Thread safety: may be used from any thread at any time.
class connection {
public:
    using executor_type = asio::any_io_executor;

    /// One that is connected to nothing; only to be assigned to.
    connection() = default;

    explicit operator bool() const noexcept { return link_ != nullptr; }
    executor_type get_executor() const { return detail::executor_of(*link_); }

    /// What becomes of the connection: what it is now, and each change. Ends when it is closed.
    watcher<connection_event> events() const;
    connection_event status() const;

    /// Asks a question of whoever listens on a subject.
    /// @completes `void(error_code, std::string)` with the answer's payload, on the handler's
    ///            associated executor, the connection's by default; never inside this call
    /// @errors  `asio::error::timed_out`: no answer in time; `errc::connection_closed`;
    ///          `errc::no_responders` where that is known to be meant for this request;
    ///          `errc::invalid_name`; `errc::message_too_large`
    /// @cancels total, partial, terminal; the question has been asked, its answer is dropped
    /// @threads any
    template <class Token>
    auto async_request(
        std::string subject,
        std::string payload,
        std::chrono::milliseconds timeout,
        Token&& token) const {
        return detail::async_answer<std::string>(
            get_executor(),
            [link = link_, subject = std::move(subject), payload = std::move(payload), timeout](
                const detail::answer_ptr<std::string>& done) {
                detail::request(link, subject, payload, timeout, done);
            },
            std::forward<Token>(token));
    }

    /// Lets what was published leave, for as long as `connect_options::close_timeout`, and closes.
    /// What waits on a source, sink or request of it is told.
    /// @completes `void(error_code)` when the connection is closed and its socket gone, on the
    ///            handler's associated executor, the connection's by default; never inside this call
    /// @errors  none
    /// @cancels total, partial, terminal; it closes nevertheless
    /// @threads any
    template <class Token>
    auto async_close(Token&& token) const {
        return detail::async_answer<detail::nothing>(
            get_executor(),
            [link = link_](const detail::answer_ptr<detail::nothing>& done) {
                detail::close(link, done);
            },
            std::forward<Token>(token));
    }

    /// Made by `async_connect`.
    explicit connection(detail::link_ptr l) noexcept : link_(std::move(l)) {}
    const detail::link_ptr& link() const noexcept { return link_; }

private:
    detail::link_ptr link_;
};

namespace detail {
template <class Handler>
struct connected_op : streamx::detail::bound_handler<Handler, asio::any_io_executor> {
    using streamx::detail::bound_handler<Handler, asio::any_io_executor>::bound_handler;
    void operator()(error_code ec, link_ptr l) {
        std::move(this->handler())(ec, connection(std::move(l)));
    }
};

struct initiate_connect {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return executor; }

    template <class Handler>
    void operator()(Handler handler, connect_options options) const {
        async_answer<link_ptr>(
            executor,
            [ex = executor, options = std::move(options)](answer_ptr<link_ptr> done) mutable {
                connect(std::move(ex), std::move(options), std::move(done));
            },
            connected_op<Handler>(std::move(handler), executor));
    }

    executor_type executor;
};
} // namespace detail

/// Connects to the first of the servers that answers. What blocks (name look-up, TCP, TLS) runs on a
/// thread of its own that ends with it.
/// @completes `void(error_code, connection)` on the handler's associated executor, `ex` by default;
///            never inside this call
/// @errors  those of the client library (`client_category`): no server answers, credentials were
///          refused, a certificate is not trusted; `no_such_file_or_directory` and such: a file cannot be
///          read; `invalid_argument`: there is no server to connect to; `operation_aborted` when cancelled
/// @cancels total, partial, terminal; a connection that comes about nevertheless is closed
/// @threads any; `ex` is an executor of the context that is to serve the connection
template <class Token>
auto async_connect(const asio::any_io_executor& ex, connect_options options, Token&& token) {
    return asio::async_initiate<Token, void(error_code, connection)>(
        detail::initiate_connect{ex}, token, std::move(options));
}

} // namespace streamx::nats
