#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/io/transport.hpp>
#include <streamx/rsocket/error.hpp>
#include <streamx/rsocket/options.hpp>
#include <streamx/rsocket/requester.hpp>
#include <streamx/rsocket/url.hpp>

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
    virtual bool is_open() const noexcept = 0;
    virtual void close() noexcept = 0;
    /// Woken when there will be no connection any more, with why, and when the last one is gone. An idle
    /// client is to be small: they are made when somebody asks for them.
    virtual std::shared_ptr<gate> when_closed() = 0;
    virtual std::shared_ptr<gate> when_gone() = 0;

    asio::any_io_executor executor;
    std::shared_ptr<requester_core> requests;
    client_state state = client_state::connecting;
    std::shared_ptr<gate> connected = std::make_shared<gate>(); ///< null when that was waited for
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

/// One end of an RSocket connection: the `requester` whose requests are made on it, and the connection
/// itself. It is moved, and destroying it closes the connection and fails what is open with
/// `operation_aborted`. A copy of the `requester` alone makes requests as long as the client is there.
///
/// Many streams share the connection. They take turns: a slow consumer stops its own stream only, and
/// what is large goes in fragments. A connection that is lost fails what is open, unless
/// `client_options::resume` is set: then the client connects again, with the pauses of
/// `client_options::reconnect`, and what is open goes on where it was. If the server will not resume,
/// everything fails with `errc::rejected_resume`. With `client_options::lost` the client connects again
/// without `resume` too, for new requests.
///
/// All of it is used from the client's executor.
class client : public requester {
public:
    /// One that is closed.
    client() = default;
    explicit client(const std::shared_ptr<detail::client_core>& core) noexcept
        : requester(core ? core->requests : nullptr), core_(core) {}
    client(client&&) = default;
    client& operator=(client&& other) noexcept {
        client made(std::move(other));
        requester::operator=(made);
        made.core_.swap(core_);
        return *this;
    }
    ~client() {
        if (core_)
            core_->close();
    }

    bool is_open() const noexcept { return core_ && core_->is_open(); }
    /// `connected` or `reconnecting` while it is open; see `client_options::on_state`.
    client_state state() const noexcept { return core_ ? core_->state : client_state::closed; }
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
                streamx::detail::async_wait_on(
                    core->when_gone(), core->executor, std::move(handler));
            },
            token);
    }

    /// Waits until the client is closed: its connection is over, and not to be made anew.
    /// @completes `void(error_code)` with why it is over, on the handler's associated executor, the
    ///            client's by default; never inside this call
    /// @errors  `errc::idle_timeout` of a dead peer; the transport's; the code that the server ended it
    ///          with; what the last attempt to connect again failed with; `operation_aborted` after `close` or when cancelled;
    ///          `errc::operation_in_progress`: somebody waits already
    /// @cancels total, partial, terminal; nothing changes
    /// @threads from the client's executor
    template <class Token>
    auto async_wait_closed(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            [core = core_](auto handler) {
                streamx::detail::async_wait_on(
                    core->when_closed(), core->executor, std::move(handler));
            },
            token);
    }

private:
    std::shared_ptr<detail::client_core> core_;
};

template <class Handler>
void detail::connect_op<Handler>::operator()(error_code ec) {
    if (ec)
        core->close();
    else
        core->connected.reset();
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
///          other codes of a server that refuses; `operation_aborted` when cancelled. Throws
///          `std::invalid_argument` if an option makes no sense, and says which
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
/// The same with the options that are the default.
/// @copydoc async_connect
template <class Token>
auto async_connect(asio::any_io_executor ex, std::string url, Token&& token) {
    return async_connect(
        std::move(ex), std::move(url), client_options(), std::forward<Token>(token));
}
/// @copydoc async_connect
template <class Token>
auto async_connect(std::string url, Token&& token) {
    return async_connect(std::move(url), client_options(), std::forward<Token>(token));
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
/// The same over transports that `dial` makes: the first one now, another one when it is lost and
/// `client_options::resume` or `lost` says that it is to be made anew.
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
