#pragma once

#include <streamx/core/any_stream.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/initiate.hpp>
#include <streamx/io/transport.hpp>
#include <streamx/rsocket/error.hpp>
#include <streamx/rsocket/metadata.hpp>
#include <streamx/rsocket/options.hpp>
#include <streamx/rsocket/payload.hpp>
#include <streamx/rsocket/payload_stream.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace streamx::rsocket {

class client;

/// Makes a connection: calls what it is given once, not before it has returned, with an error or a
/// connected stream of bytes.
using dialler = std::function<void(std::function<void(error_code, io::transport)>)>;

namespace detail {

/// What a client does, whatever its transport.
class client_core {
public:
    using gate = streamx::detail::gate<streamx::detail::null_lock>;

    static std::shared_ptr<client_core>
    start(asio::any_io_executor ex, const std::string& url, client_options options);
    static std::shared_ptr<client_core> start(io::transport t, client_options options);
    static std::shared_ptr<client_core>
    start(asio::any_io_executor ex, dialler dial, client_options options);

    virtual ~client_core() = default;
    virtual std::shared_ptr<inbox>
    request_stream(request_metadata route, payload message, bool single) = 0;
    virtual std::shared_ptr<inbox>
    request_channel(request_metadata route, any_stream<payload> items) = 0;
    virtual std::shared_ptr<inbox> fire_and_forget(request_metadata route, payload message) = 0;
    virtual std::shared_ptr<inbox> metadata_push(std::string metadata) = 0;
    virtual bool is_open() const noexcept = 0;
    virtual void close() noexcept = 0;

    asio::any_io_executor executor;
    std::shared_ptr<gate> connected = std::make_shared<gate>();
    std::shared_ptr<gate> closed = std::make_shared<gate>();
    std::shared_ptr<gate> gone = std::make_shared<gate>();
};

/// The one answer of a request-response.
struct response_step {
    bool operator()(payload&& p) {
        answer = std::move(p);
        return false;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        if (!failure && !answer)
            failure = make_failure(streamx::errc::no_item, "rsocket: a response without a payload");
        std::move(handler)(std::move(failure), answer ? *std::move(answer) : payload());
    }

    std::optional<payload> answer;
};

/// What has no answer: done when it is on its way.
struct sent_step {
    bool operator()(payload&&) { return true; }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(to_error_code(failure));
    }
};

/// Makes a request when its operation is initiated, and drives what comes of it.
template <class Step, class Begin>
struct initiate_request {
    template <class Handler>
    void operator()(Handler handler, Begin begin) const {
        streamx::detail::drive_op<payload_stream, Step, Handler>::start(
            streamx::detail::passed<payload_stream>{payload_stream(begin())},
            Step(),
            std::move(handler));
    }
};

template <class Handler>
struct connect_op : streamx::detail::bound_handler<Handler, asio::any_io_executor> {
    connect_op(Handler handler, std::shared_ptr<client_core> c)
        : streamx::detail::bound_handler<Handler, asio::any_io_executor>(
              std::move(handler), c->executor),
          core(std::move(c)) {}

    inline void operator()(error_code ec);

    std::shared_ptr<client_core> core;
};

} // namespace detail

/// One end of an RSocket connection, which makes requests. Copies are not the same: it is moved, and
/// destroying it closes the connection and fails what is open with `operation_aborted`.
///
/// Many streams share the connection. They take turns: a slow consumer stops its own stream only, and
/// what is large goes in fragments. A connection that is lost fails what is open, unless
/// `client_options::resume` is set: then the client connects again, with the pauses of
/// `client_options::reconnect`, and what is open goes on where it was. If the server will not resume,
/// everything fails with `errc::rejected_resume`.
///
/// A request's metadata is composite: `request_metadata` says what may be in it. A string in its place
/// is a route. With a `payload` that has metadata of its own, that is sent as it is.
///
/// All of it is used from the client's executor.
class client {
public:
    using executor_type = asio::any_io_executor;

    /// One that is closed.
    client() = default;
    explicit client(std::shared_ptr<detail::client_core> core) noexcept : core_(std::move(core)) {}
    client(client&&) = default;
    client& operator=(client&& other) noexcept {
        client(std::move(other)).core_.swap(core_);
        return *this;
    }
    ~client() {
        if (core_)
            core_->close();
    }

    executor_type get_executor() const { return core_->executor; }
    bool is_open() const noexcept { return core_ && core_->is_open(); }
    /// Ends the connection, and everything that is open in it.
    void close() noexcept {
        if (core_)
            core_->close();
    }

    /// Ends the connection and waits until all that was sent before has been handed over.
    /// @completes `void(error_code)` on the handler's associated executor, the client's by default;
    ///            never inside this call
    /// @errors  `operation_aborted` when cancelled; `errc::operation_in_progress`: somebody waits already
    /// @cancels total, partial, terminal; the connection ends all the same
    /// @threads from the client's executor
    template <class Token>
    auto async_close(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            [core = core_](auto handler) {
                core->close();
                streamx::detail::async_wait_on(core->gone, core->executor, std::move(handler));
            },
            token);
    }

    /// The stream that answers a request. It is asked for at once.
    payload_stream request_stream(std::string route, payload message = {}) {
        return request_stream(to(std::move(route)), std::move(message));
    }
    payload_stream request_stream(request_metadata to, payload message) {
        return payload_stream(core_->request_stream(std::move(to), std::move(message), false));
    }

    /// A stream each way. The request is made with the first item of `items`; if there is none, nothing
    /// is sent and the answer is empty. `items` is pulled on the client's executor as the server grants
    /// credit. When it fails, the server is told and the answer fails with the same.
    payload_stream request_channel(std::string route, any_stream<payload> items) {
        return request_channel(to(std::move(route)), std::move(items));
    }
    payload_stream request_channel(request_metadata to, any_stream<payload> items) {
        return payload_stream(core_->request_channel(std::move(to), std::move(items)));
    }

    /// Asks for one payload.
    /// @completes `void(std::exception_ptr, payload)` on the handler's associated executor, the client's
    ///            by default; never inside this call
    /// @errors  what the server fails it with, in the category of `rsocket::errc` with its text;
    ///          `errc::no_item` if it completes without a payload; `operation_aborted` when cancelled;
    ///          what the connection was lost by
    /// @cancels total, partial, terminal; the server is told
    /// @threads from the client's executor
    template <class Token>
    auto async_request_response(std::string route, payload message, Token&& token) {
        return async_request_response(
            to(std::move(route)), std::move(message), std::forward<Token>(token));
    }
    /// @copydoc async_request_response
    template <class Token>
    auto async_request_response(request_metadata to, payload message, Token&& token) {
        return initiate<void(std::exception_ptr, payload), detail::response_step>(
            [core = core_, to = std::move(to), message = std::move(message)]() mutable {
                return core->request_stream(std::move(to), std::move(message), true);
            },
            std::forward<Token>(token));
    }

    /// Sends a request that has no answer.
    /// @completes `void(error_code)` on the handler's associated executor, the client's by default, when
    ///            it is on its way; never inside this call
    /// @errors  what the connection was lost by; `errc::closed`; `operation_aborted` when cancelled
    /// @cancels total, partial, terminal; it may have been sent, or is not
    /// @threads from the client's executor
    template <class Token>
    auto async_fire_and_forget(std::string route, payload message, Token&& token) {
        return async_fire_and_forget(
            to(std::move(route)), std::move(message), std::forward<Token>(token));
    }
    /// @copydoc async_fire_and_forget
    template <class Token>
    auto async_fire_and_forget(request_metadata to, payload message, Token&& token) {
        return initiate<void(error_code), detail::sent_step>(
            [core = core_, to = std::move(to), message = std::move(message)]() mutable {
                return core->fire_and_forget(std::move(to), std::move(message));
            },
            std::forward<Token>(token));
    }

    /// Sends metadata of the connection.
    /// @copydoc async_fire_and_forget
    template <class Token>
    auto async_metadata_push(std::string metadata, Token&& token) {
        return initiate<void(error_code), detail::sent_step>(
            [core = core_, metadata = std::move(metadata)]() mutable {
                return core->metadata_push(std::move(metadata));
            },
            std::forward<Token>(token));
    }

    /// Waits until the connection is over, and not to be resumed.
    /// @completes `void(error_code)` with why it is over, on the handler's associated executor, the
    ///            client's by default; never inside this call
    /// @errors  `errc::idle_timeout` of a dead peer; the transport's; the code that the server ended it
    ///          with; `operation_aborted` after `close` or when cancelled;
    ///          `errc::operation_in_progress`: somebody waits already
    /// @cancels total, partial, terminal; nothing changes
    /// @threads from the client's executor
    template <class Token>
    auto async_wait_closed(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            [core = core_](auto handler) {
                streamx::detail::async_wait_on(core->closed, core->executor, std::move(handler));
            },
            token);
    }

private:
    static request_metadata to(std::string route) {
        request_metadata m;
        m.route = std::move(route);
        return m;
    }

    template <class Signature, class Step, class Begin, class Token>
    static auto initiate(Begin begin, Token&& token) {
        return streamx::detail::initiate<Signature>(
            detail::initiate_request<Step, Begin>(), std::forward<Token>(token), std::move(begin));
    }

    std::shared_ptr<detail::client_core> core_;
};

template <class Handler>
void detail::connect_op<Handler>::operator()(error_code ec) {
    if (ec)
        core->close();
    client made(ec ? nullptr : std::move(core));
    core.reset();
    std::move(this->handler())(ec, std::move(made));
}

namespace detail {

template <class Start>
struct initiate_connect {
    template <class Handler>
    void operator()(Handler handler, Start begin) const {
        auto core = begin(streamx::detail::executor_for(handler, no_executor()));
        const auto connected = core->connected;
        const auto ex = core->executor;
        streamx::detail::async_wait_on(
            connected, ex, connect_op<Handler>(std::move(handler), std::move(core)));
    }
};

template <class Token, class Start>
auto async_connect(Start begin, Token&& token) {
    return asio::async_initiate<Token, void(error_code, client)>(
        initiate_connect<Start>(), token, std::move(begin));
}

} // namespace detail

/// Connects to a `url` and sets up a connection on `ex`.
/// @completes `void(error_code, client)` on the handler's associated executor, `ex` by default, when the
///            server has answered; never inside this call
/// @errors  those of resolving, connecting and the handshakes (`async_tls_connect`,
///          `async_connect_websocket`); `url_error`; `errc::handshake_timeout` after `limits.handshake`; `errc::rejected_setup` and the
///          other codes of a server that refuses; `operation_aborted` when cancelled
/// @cancels total, partial, terminal; nothing is left of the connection
/// @threads from any; what runs on `ex` must not run on two threads at once
template <class Token>
auto async_connect(
    asio::any_io_executor ex, std::string url, client_options options, Token&& token) {
    return detail::async_connect(
        [ex = std::move(ex), url = std::move(url), options = std::move(options)](auto&&) mutable {
            return detail::client_core::start(std::move(ex), url, std::move(options));
        },
        std::forward<Token>(token));
}
/// The same, on the handler's associated executor, which it must have: that of the coroutine, say.
/// @copydoc async_connect
template <class Token>
auto async_connect(std::string url, client_options options, Token&& token) {
    return detail::async_connect(
        [url = std::move(url), options = std::move(options)](auto&& ex) mutable {
            static_assert(
                !std::is_same_v<std::remove_cvref_t<decltype(ex)>, no_executor>,
                "async_connect: the completion handler has no executor: give one as first "
                "argument");
            return detail::client_core::start(ex, url, std::move(options));
        },
        std::forward<Token>(token));
}
/// The same over a transport that is connected, on its executor.
/// @copydoc async_connect
template <class Token>
auto async_connect(io::transport over, client_options options, Token&& token) {
    return detail::async_connect(
        [over = std::move(over), options = std::move(options)](auto&&) mutable {
            return detail::client_core::start(std::move(over), std::move(options));
        },
        std::forward<Token>(token));
}
/// The same over transports that `dial` makes: the first one now, another one when it is lost and the
/// session is to be resumed.
/// @copydoc async_connect
template <class Token>
auto async_connect(asio::any_io_executor ex, dialler dial, client_options options, Token&& token) {
    return detail::async_connect(
        [ex = std::move(ex), dial = std::move(dial), options = std::move(options)](auto&&) mutable {
            return detail::client_core::start(std::move(ex), std::move(dial), std::move(options));
        },
        std::forward<Token>(token));
}

} // namespace streamx::rsocket
