#pragma once

#include <streamx/channels/broadcast.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/core/detail/any_handler.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/io/transport.hpp>
#include <streamx/rsocket/metadata.hpp>
#include <streamx/rsocket/options.hpp>
#include <streamx/rsocket/payload.hpp>
#include <streamx/rsocket/requester.hpp>
#include <streamx/rsocket/router.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {

/// A client that has connected, and what it has said with that.
struct connected_client {
    requester peer; ///< makes requests to it: `client_options::responder` answers them there
    std::optional<credentials> who;
    payload setup;
    std::string data_type, metadata_type;
};

namespace detail {

/// What a server does, whatever its transports.
class server_core {
public:
    using gate = streamx::detail::gate<streamx::detail::null_lock>;

    static std::shared_ptr<server_core> make(asio::any_io_executor ex, server_options options);

    virtual ~server_core() = default;
    virtual router& routes() noexcept = 0;
    virtual void on_connect(std::function<void(const connected_client&)> fn) = 0;
    using listening_handler = streamx::detail::any_handler<error_code, std::string>;
    virtual std::string listen(const std::string& at) = 0;
    virtual void async_listen(std::string at, listening_handler handler) = 0;
    virtual void accept(io::transport t) = 0;
    virtual std::size_t connections() const noexcept = 0;
    virtual void stop(std::chrono::nanoseconds within) = 0;
    virtual void close() noexcept = 0;

    asio::any_io_executor executor;
    std::shared_ptr<gate> stopped = std::make_shared<gate>();
};

} // namespace detail

/// Answers RSocket requests on any number of addresses, by the routes that are set. A handler gets the
/// `request`, and returns its answer or an `asio::awaitable` of it: an `any_stream<payload>` (or any
/// stream of payloads) for a stream or channel, a `payload` for a response.
///
/// What a handler's stream gives is pulled only as the client grants credit and the connection takes
/// it, so a slow client suspends its own producers. Connections with the same server share nothing
/// else.
///
/// A server makes requests too: `request::peer` and `on_connect` give it a `requester` for the client at
/// the other end of a connection.
///
/// Everything runs on the server's executor, which must not run it on two threads at once: an
/// `io_context` run by one thread, or a strand. Destroying the server ends every connection.
class server {
public:
    using executor_type = asio::any_io_executor;

    /// Throws `std::invalid_argument` if an option makes no sense, and says which.
    explicit server(asio::any_io_executor ex, server_options options = {})
        : core_(detail::server_core::make(std::move(ex), std::move(options))) {}
    server(server&&) = default;
    server& operator=(server&& other) noexcept {
        server(std::move(other)).core_.swap(core_);
        return *this;
    }
    ~server() {
        if (core_)
            core_->close();
    }

    executor_type get_executor() const { return core_->executor; }

    /// Routes; see `router`. They may be set while connections are open. With types, handlers are functions
    /// of values: `on_stream<query, quote>("quotes", [](query q) { ... })`.
    template <class... Types, class Fn>
    void on_stream(std::string route, Fn fn) {
        core_->routes().on_stream<Types...>(std::move(route), std::move(fn));
    }
    /// The handler gets the client's items as a `payload_stream`, the first of them the request's own.
    template <class... Types, class Fn>
    void on_channel(std::string route, Fn fn) {
        core_->routes().on_channel<Types...>(std::move(route), std::move(fn));
    }
    template <class... Types, class Fn>
    void on_response(std::string route, Fn fn) {
        core_->routes().on_response<Types...>(std::move(route), std::move(fn));
    }
    template <class... Types, class Fn>
    void on_fire_and_forget(std::string route, Fn fn) {
        core_->routes().on_fire_and_forget<Types...>(std::move(route), std::move(fn));
    }
    void on_metadata_push(std::function<void(std::string)> fn) {
        core_->routes().on_metadata_push(std::move(fn));
    }

    /// Calls `fn` for each client when its SETUP is accepted: not for a session that is resumed. What it
    /// throws ends the connection.
    void on_connect(std::function<void(const connected_client&)> fn) {
        core_->on_connect(std::move(fn));
    }

    /// Serves a broadcast to whoever asks for this route: what was put into it is a payload already (see
    /// `to_payload`), and is encoded once however many there are. Each client is a subscriber of its own, with this policy
    /// and capacity. The broadcast outlives the server.
    void
    publish(std::string route, broadcast<payload>& items, subscribe_options<payload> how = {}) {
        on_stream(std::move(route), [&items, how](const request&) { return items.subscribe(how); });
    }

    /// Listens at a `url`. Port 0 lets the system choose; gives the URL with the port that it is.
    ///
    /// `tcp://0.0.0.0:7000` is every IPv4 address of the machine, `tcp://[::]:7000` and `tcp://:7000`
    /// every address of both families (of IPv4 alone for the second where there is no IPv6), whatever
    /// the system's default for that. A name is all of its addresses that this machine has, with one port:
    /// `localhost` may be two. It is looked up meanwhile, which may take its time: `async_listen` does
    /// not block.
    ///
    /// Throws a `boost::system::system_error` if it cannot: a `url_error`, or `address_in_use` and the
    /// like; `invalid_argument` for `tls` and `wss` without `server_options::tls`.
    std::string listen(const std::string& at) { return core_->listen(at); }

    /// Looks the host up and listens.
    /// @completes `void(error_code, std::string)` with the URL as `listen` gives it, on the handler's
    ///            associated executor, the server's by default; never inside this call
    /// @errors  those that `listen` throws; those of the resolver; `errc::closed`: the server has been
    ///          stopped meanwhile
    /// @cancels none
    /// @threads from the server's executor
    template <class Token>
    auto async_listen(std::string at, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::string)>(
            [core = core_](auto handler, std::string where) {
                core->async_listen(
                    std::move(where),
                    streamx::detail::erased<error_code, std::string>(
                        std::move(handler), core->executor));
            },
            token,
            std::move(at));
    }

    /// Serves one connection that is there already: a socket, a TLS connection after its handshake.
    void accept(io::transport t) { core_->accept(std::move(t)); }

    std::size_t connections() const noexcept { return core_->connections(); }

    /// Stops: listens no more, refuses new requests with REJECTED and tells the clients so, lets what is
    /// open end until `within` has passed, then ends it.
    /// @completes `void(error_code)` on the handler's associated executor, the server's by default, when
    ///            no connection is left; never inside this call
    /// @errors  `operation_aborted` when cancelled; `errc::operation_in_progress`: it is being stopped
    /// @cancels total, partial, terminal; the server stops all the same
    /// @threads from the server's executor
    template <class Token>
    auto async_stop(std::chrono::nanoseconds within, Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(
            [core = core_](auto handler, std::chrono::nanoseconds time) {
                core->stop(time);
                streamx::detail::async_wait_on(core->stopped, core->executor, std::move(handler));
            },
            token,
            within);
    }

private:
    std::shared_ptr<detail::server_core> core_;
};

} // namespace streamx::rsocket
