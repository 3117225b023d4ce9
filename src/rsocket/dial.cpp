#include "endpoint.hpp"
#include "websocket_frames.hpp"

#include <streamx/io/detail/timed.hpp>
#include <streamx/io/resolve_and_connect.hpp>
#include <streamx/io/websocket.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace streamx::rsocket {
namespace {

asio::awaitable<io::transport> connected_file(std::string path) {
    using protocol = asio::local::stream_protocol;
    const protocol::endpoint at(path);
    protocol::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect(at, asio::use_awaitable);
    co_return io::transport(std::move(socket));
}

asio::awaitable<io::transport> connected(url to, endpoint_options o) {
    if (to.how == url::scheme::unix_socket)
        co_return co_await connected_file(to.path);
    auto socket = co_await io::resolve_and_connect(to.host, to.port, o.limits);
    io::transport t(std::move(socket));
    if (to.secure()) {
        const auto context = o.tls ? *o.tls : io::tls_context(io::tls_role::client);
        t = co_await io::async_tls_connect(
            std::move(t), context, to.host, o.limits, asio::use_awaitable);
    }
    if (to.websocket()) {
        io::websocket_options how;
        how.limits = o.limits;
        how.limits.message = o.limits.frame;
        how.fields = std::move(o.headers);
        auto ws = co_await io::async_connect_websocket(
            std::move(t), to.authority(), to.path, std::move(how), asio::use_awaitable);
        t = io::transport(websocket_frames(std::move(ws)));
    }
    co_return t;
}

class dialling final : public activity, public std::enable_shared_from_this<dialling> {
    using done_fn = std::function<void(error_code, io::transport)>;

public:
    explicit dialling(done_fn done) : done_(std::move(done)) {}

    void begin(const asio::any_io_executor& ex, const url& to, const endpoint_options& o) {
        auto finish = [self = shared_from_this()](error_code ec, io::transport t) {
            if (const auto done = std::exchange(self->done_, nullptr))
                done(ec, std::move(t));
        };
        io::detail::run_timed<io::transport>(
            ex,
            o.limits.handshake,
            connected(to, o),
            streamx::detail::erased<error_code, io::transport>(
                asio::bind_cancellation_slot(stop_.slot(), std::move(finish)), ex));
    }

    void stop() noexcept override {
        done_ = nullptr;
        stop_.emit(asio::cancellation_type::terminal);
    }

private:
    done_fn done_;
    asio::cancellation_signal stop_;
};

} // namespace

std::shared_ptr<activity> dial(
    const asio::any_io_executor& ex,
    const url& to,
    const endpoint_options& options,
    std::function<void(error_code, io::transport)> done) {
    const auto d = std::make_shared<dialling>(std::move(done));
    d->begin(ex, to, options);
    return d;
}

} // namespace streamx::rsocket
