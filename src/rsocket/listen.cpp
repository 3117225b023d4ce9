#include "endpoint.hpp"

#include <streamx/core/error.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <utility>

namespace streamx::rsocket {
namespace {

using accepted_fn = std::function<void(std::shared_ptr<transport>)>;

void tune(asio::ip::tcp::socket& s) {
    error_code ignored;
    s.set_option(asio::ip::tcp::no_delay(true), ignored);
}
void tune(asio::local::stream_protocol::socket&) {}

/// Accepts on one address. When the process has no descriptor left it waits a little.
template <class Protocol>
class listening final : public activity, public std::enable_shared_from_this<listening<Protocol>> {
public:
    listening(
        const asio::any_io_executor& ex, typename Protocol::endpoint at, url shown, accepted_fn fn)
        : acceptor_(ex, at), url_(std::move(shown)), accepted_(std::move(fn)) {}
    ~listening() override { unlink_socket(); }

    typename Protocol::endpoint endpoint() const { return acceptor_.local_endpoint(); }
    url& shown() noexcept { return url_; }
    std::string where() const override { return url_.to_string(); }

    void accept() {
        acceptor_.async_accept(
            [self = this->shared_from_this()](error_code ec, typename Protocol::socket socket) {
                if (!self->acceptor_.is_open())
                    return;
                if (ec)
                    return self->pause();
                tune(socket);
                self->accepted_(make_transport(std::move(socket)));
                if (self->acceptor_.is_open())
                    self->accept();
            });
    }

    void stop() noexcept override {
        error_code ignored;
        acceptor_.close(ignored);
        unlink_socket();
    }

private:
    void pause() {
        async_sleep_for(
            acceptor_.get_executor(),
            std::chrono::milliseconds(50),
            [self = this->shared_from_this()](error_code) {
                if (self->acceptor_.is_open())
                    self->accept();
            });
    }

    void unlink_socket() noexcept {
        if (url_.how == url::scheme::unix_socket && !std::exchange(unlinked_, true))
            ::unlink(url_.path.c_str());
    }

    typename Protocol::acceptor acceptor_;
    url url_;
    accepted_fn accepted_;
    bool unlinked_ = false;
};

/// A socket file that nobody listens on any more is in the way of the next server.
void remove_stale(const asio::any_io_executor& ex, const std::string& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode))
        return;
    asio::local::stream_protocol::socket probe(ex);
    error_code ec;
    probe.connect(asio::local::stream_protocol::endpoint(path), ec);
    if (ec == asio::error::connection_refused)
        ::unlink(path.c_str());
}

} // namespace

std::shared_ptr<activity> listen(
    const asio::any_io_executor& ex,
    const url& at,
    std::function<void(std::shared_ptr<transport>)> accepted) {
    if (at.secure() || at.websocket())
        throw boost::system::system_error(asio::error::operation_not_supported, at.to_string());
    if (at.how == url::scheme::unix_socket) {
        using protocol = asio::local::stream_protocol;
        remove_stale(ex, at.path);
        const auto l = std::make_shared<listening<protocol>>(
            ex, protocol::endpoint(at.path), at, std::move(accepted));
        l->accept();
        return l;
    }
    using protocol = asio::ip::tcp;
    protocol::resolver resolver(ex);
    const auto found = resolver.resolve(at.host, at.port, protocol::resolver::passive);
    const auto l = std::make_shared<listening<protocol>>(
        ex, found.begin()->endpoint(), at, std::move(accepted));
    l->shown().port = std::to_string(l->endpoint().port());
    l->accept();
    return l;
}

} // namespace streamx::rsocket
