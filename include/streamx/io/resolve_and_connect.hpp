#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/io/endpoint_limits.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace streamx::io {

namespace detail {

/// A connection that is being made.
class connecting {
public:
    static std::shared_ptr<connecting> start(
        const asio::any_io_executor& ex,
        std::string host,
        std::string service,
        endpoint_limits::duration at_most);

    virtual ~connecting() = default;
    /// Gives up, if it is not done.
    virtual void stop() = 0;

    asio::ip::tcp::socket socket;
    streamx::detail::gate<std::mutex> done;

protected:
    explicit connecting(const asio::any_io_executor& ex) : socket(ex) {}
};

template <class Handler>
struct connect_op : streamx::detail::bound_handler<Handler, asio::any_io_executor> {
    connect_op(Handler handler, const asio::any_io_executor& ex, std::shared_ptr<connecting> c)
        : streamx::detail::bound_handler<Handler, asio::any_io_executor>(std::move(handler), ex),
          under_way(std::move(c)) {}

    void operator()(error_code ec) {
        asio::ip::tcp::socket socket(under_way->socket.get_executor());
        if (ec)
            under_way->stop();
        else
            socket = std::move(under_way->socket);
        under_way.reset();
        std::move(this->handler())(ec, std::move(socket));
    }

    std::shared_ptr<connecting> under_way;
};

struct initiate_connect {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return executor; }

    template <class Handler>
    void operator()(
        Handler handler,
        std::string host,
        std::string service,
        endpoint_limits::duration at_most) const {
        auto c = connecting::start(executor, std::move(host), std::move(service), at_most);
        std::shared_ptr<streamx::detail::gate<std::mutex>> done(c, &c->done);
        streamx::detail::async_wait_on(
            done, executor, connect_op<Handler>(std::move(handler), executor, std::move(c)));
    }

    asio::any_io_executor executor;
};

} // namespace detail

/// Finds the addresses of a host and connects to the first of them that answers, one after another, as
/// Asio's `async_connect` of a range does. The socket gets `TCP_NODELAY`, since what this library writes
/// is gathered already.
/// @completes `void(error_code, asio::ip::tcp::socket)` on the handler's associated executor, `ex` by
///            default, which is also the socket's; never inside this call
/// @errors  the resolver's (`host_not_found` ...); that of the last address (`connection_refused` ...);
///          `errc::handshake_timeout` after `limits.handshake`; `operation_aborted`: cancelled
/// @cancels total, partial, terminal; nothing is left of the connection
/// @threads from any; `ex` must not run it on two threads at once
template <class Token>
auto async_resolve_and_connect(
    asio::any_io_executor ex,
    std::string host,
    std::string service,
    const endpoint_limits& limits,
    Token&& token) {
    return asio::async_initiate<Token, void(error_code, asio::ip::tcp::socket)>(
        detail::initiate_connect{std::move(ex)},
        token,
        std::move(host),
        std::move(service),
        limits.handshake);
}
/// @copydoc async_resolve_and_connect
template <class Token>
auto async_resolve_and_connect(
    asio::any_io_executor ex, std::string host, std::string service, Token&& token) {
    return async_resolve_and_connect(
        std::move(ex),
        std::move(host),
        std::move(service),
        endpoint_limits(),
        std::forward<Token>(token));
}

/// The same for coroutines, `co_await resolve_and_connect("host", "7000")`, on the coroutine's executor.
/// Errors are thrown as `boost::system::system_error`.
inline asio::awaitable<asio::ip::tcp::socket>
resolve_and_connect(std::string host, std::string service, endpoint_limits limits = {}) {
    co_return co_await async_resolve_and_connect(
        co_await asio::this_coro::executor,
        std::move(host),
        std::move(service),
        limits,
        asio::use_awaitable);
}

} // namespace streamx::io
