#include "endpoint.hpp"

#include <streamx/io/resolve_and_connect.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace streamx::rsocket {
namespace {

using done_fn = std::function<void(error_code, std::shared_ptr<transport>)>;

class dialling final : public activity, public std::enable_shared_from_this<dialling> {
public:
    explicit dialling(done_fn done) : done_(std::move(done)) {}

    void tcp(const asio::any_io_executor& ex, const url& to, const io::endpoint_limits& limits) {
        io::async_resolve_and_connect(
            ex,
            to.host,
            to.port,
            limits,
            asio::bind_cancellation_slot(
                stop_.slot(),
                [self = shared_from_this()](error_code ec, asio::ip::tcp::socket socket) {
                    self->finish(ec, ec ? nullptr : make_transport(std::move(socket)));
                }));
    }

    void unix_socket(const asio::any_io_executor& ex, const url& to) {
        using protocol = asio::local::stream_protocol;
        auto socket = std::make_shared<protocol::socket>(ex);
        protocol::endpoint at;
        try {
            at.path(to.path);
        } catch (const boost::system::system_error& e) { // too long
            return refuse(ex, e.code());
        }
        socket->async_connect(
            at,
            asio::bind_cancellation_slot(
                stop_.slot(), [self = shared_from_this(), socket](error_code ec) {
                    self->finish(ec, ec ? nullptr : make_transport(std::move(*socket)));
                }));
    }

    void refuse(const asio::any_io_executor& ex, error_code ec) {
        asio::post(ex, [self = shared_from_this(), ec] { self->finish(ec, nullptr); });
    }

    void stop() noexcept override {
        done_ = nullptr;
        stop_.emit(asio::cancellation_type::terminal);
    }

private:
    void finish(error_code ec, std::shared_ptr<transport> t) {
        if (const auto done = std::exchange(done_, nullptr))
            done(ec, std::move(t));
    }

    done_fn done_;
    asio::cancellation_signal stop_;
};

} // namespace

std::shared_ptr<activity> dial(
    const asio::any_io_executor& ex,
    const url& to,
    const io::endpoint_limits& limits,
    std::function<void(error_code, std::shared_ptr<transport>)> done) {
    const auto d = std::make_shared<dialling>(std::move(done));
    if (to.secure() || to.websocket())
        d->refuse(ex, asio::error::operation_not_supported);
    else if (to.how == url::scheme::unix_socket)
        d->unix_socket(ex, to);
    else
        d->tcp(ex, to, limits);
    return d;
}

} // namespace streamx::rsocket
