#include <streamx/io/resolve_and_connect.hpp>

#include <streamx/core/error.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace streamx::io::detail {
namespace {

using asio::ip::tcp;

class connecting_tcp final : public connecting,
                             public std::enable_shared_from_this<connecting_tcp> {
public:
    explicit connecting_tcp(const asio::any_io_executor& ex) : connecting(ex), resolver_(ex) {}

    void
    begin(const std::string& host, const std::string& service, endpoint_limits::duration at_most) {
        const auto self = shared_from_this();
        if (at_most != endpoint_limits::no_deadline)
            async_sleep_for(
                socket.get_executor(),
                at_most,
                asio::bind_cancellation_slot(too_late_.slot(), [self](error_code ec) {
                    if (!ec)
                        self->finish(errc::handshake_timeout);
                }));
        resolver_.async_resolve(
            host, service, [self](error_code ec, const tcp::resolver::results_type& found) {
                if (ec || self->over_)
                    return self->finish(ec);
                asio::async_connect(
                    self->socket, found, [self](error_code failed, const tcp::endpoint&) {
                        error_code ignored;
                        if (!failed && !self->over_)
                            self->socket.set_option(tcp::no_delay(true), ignored);
                        self->finish(failed);
                    });
            });
    }

    void stop() override {
        asio::post(socket.get_executor(), [self = shared_from_this()] {
            self->finish(asio::error::operation_aborted);
        });
    }

private:
    void finish(error_code ec) {
        if (std::exchange(over_, true))
            return;
        too_late_.emit(asio::cancellation_type::terminal);
        if (ec) {
            resolver_.cancel();
            error_code ignored;
            socket.close(ignored);
        }
        done.wake(ec);
    }

    tcp::resolver resolver_;
    asio::cancellation_signal too_late_;
    bool over_ = false;
};

} // namespace

std::shared_ptr<connecting> connecting::start(
    const asio::any_io_executor& ex,
    std::string host,
    std::string service,
    endpoint_limits::duration at_most) {
    auto c = std::make_shared<connecting_tcp>(ex);
    asio::post(ex, [c, host = std::move(host), service = std::move(service), at_most] {
        c->begin(host, service, at_most);
    });
    return c;
}

} // namespace streamx::io::detail
