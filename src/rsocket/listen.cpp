#include "endpoint.hpp"
#include "websocket_frames.hpp"

#include <streamx/core/error.hpp>
#include <streamx/io/detail/timed.hpp>
#include <streamx/io/websocket.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <unordered_set>
#include <utility>

namespace streamx::rsocket {
namespace {

void tune(asio::ip::tcp::socket& s) {
    error_code ignored;
    s.set_option(asio::ip::tcp::no_delay(true), ignored);
}
void tune(asio::local::stream_protocol::socket&) {}

/// TLS and WebSocket, as the URL wants them.
asio::awaitable<io::transport> shaken(io::transport t, url at, endpoint_options o) {
    if (at.secure())
        t = co_await io::async_tls_accept(std::move(t), *o.tls, o.limits, asio::use_awaitable);
    if (at.websocket()) {
        io::websocket_options how;
        how.limits = o.limits;
        how.limits.message = o.limits.frame;
        how.path = at.path.substr(0, at.path.find('?'));
        auto ws =
            co_await io::async_accept_websocket(std::move(t), std::move(how), asio::use_awaitable);
        t = io::transport(websocket_frames(std::move(ws)));
    }
    co_return t;
}

/// Accepts on one address. When the process has no descriptor left it waits a little.
template <class Protocol>
class listening final : public listener, public std::enable_shared_from_this<listening<Protocol>> {
public:
    listening(
        const asio::any_io_executor& ex,
        const typename Protocol::endpoint& at,
        url shown,
        endpoint_options options,
        accepted_fn fn)
        : acceptor_(ex), url_(std::move(shown)), options_(std::move(options)),
          accepted_(std::move(fn)) {
        acceptor_.open(at.protocol());
        acceptor_.set_option(typename Protocol::acceptor::reuse_address(true));
        if constexpr (std::is_same_v<Protocol, asio::ip::tcp>)
            if (at.address().is_v6() && at.address().is_unspecified())
                acceptor_.set_option(asio::ip::v6_only(false)); // whatever the system's default is
        acceptor_.bind(at);
        acceptor_.listen();
        if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
            url_.port = std::to_string(acceptor_.local_endpoint().port());
            if (url_.host.empty())
                url_.host = at.address().to_string();
        }
    }
    ~listening() override { unlink_socket(); }

    const url& where() const noexcept override { return url_; }

    void accept() {
        acceptor_.async_accept(
            [self = this->shared_from_this()](error_code ec, typename Protocol::socket socket) {
                if (!self->acceptor_.is_open())
                    return;
                if (ec)
                    return self->pause();
                tune(socket);
                self->shake(io::transport(std::move(socket)));
                if (self->acceptor_.is_open())
                    self->accept();
            });
    }

    void stop() noexcept override {
        error_code ignored;
        acceptor_.close(ignored);
        unlink_socket();
        for (const auto& one : std::exchange(handshakes_, {}))
            one->emit(asio::cancellation_type::terminal);
    }

private:
    using signal_ptr = std::shared_ptr<asio::cancellation_signal>;

    void shake(io::transport t) {
        if (!url_.secure() && !url_.websocket())
            return accepted_(std::move(t));
        if (handshakes_.size() >= options_.handshakes)
            return t.close();
        const auto ex = acceptor_.get_executor();
        const auto stop = std::make_shared<asio::cancellation_signal>();
        handshakes_.insert(stop);
        auto done = [self = this->shared_from_this(), stop](error_code ec, io::transport made) {
            if (self->handshakes_.erase(stop) != 0 && !ec)
                self->accepted_(std::move(made));
        };
        io::detail::run_timed<io::transport>(
            ex,
            options_.limits.handshake,
            shaken(std::move(t), url_, options_),
            streamx::detail::erased<error_code, io::transport>(
                asio::bind_cancellation_slot(stop->slot(), std::move(done)), ex));
    }

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
    endpoint_options options_;
    accepted_fn accepted_;
    std::unordered_set<signal_ptr> handshakes_;
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

template <class Protocol>
std::shared_ptr<listener> begin(
    const asio::any_io_executor& ex,
    const typename Protocol::endpoint& on,
    const url& at,
    endpoint_options options,
    accepted_fn accepted) {
    if (at.secure() && (!options.tls || options.tls->role() != io::tls_role::server))
        throw boost::system::system_error(
            boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
            at.to_string() + ": server_options::tls is no server's tls_context");
    const auto l =
        std::make_shared<listening<Protocol>>(ex, on, at, std::move(options), std::move(accepted));
    l->accept();
    return l;
}

/// Every address: those of IPv4 alone where the machine has no IPv6.
std::shared_ptr<listener> begin_everywhere(
    const asio::any_io_executor& ex,
    const url& at,
    const endpoint_options& options,
    const accepted_fn& accepted) {
    using protocol = asio::ip::tcp;
    const auto port = static_cast<std::uint16_t>(std::stoul(at.port)); // `url` has looked at it
    try {
        return begin<protocol>(ex, {protocol::v6(), port}, at, options, accepted);
    } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::address_family_not_supported &&
            e.code() != boost::system::errc::address_not_available)
            throw;
        return begin<protocol>(ex, {protocol::v4(), port}, at, options, accepted);
    }
}

} // namespace

std::shared_ptr<listener> listen(
    const asio::any_io_executor& ex,
    const url& at,
    endpoint_options options,
    accepted_fn accepted) {
    if (at.how == url::scheme::unix_socket) {
        remove_stale(ex, at.path);
        return begin<asio::local::stream_protocol>(
            ex, at.path, at, std::move(options), std::move(accepted));
    }
    if (at.host.empty())
        return begin_everywhere(ex, at, options, accepted);
    using protocol = asio::ip::tcp;
    protocol::resolver resolver(ex);
    const auto found = resolver.resolve(at.host, at.port, protocol::resolver::passive);
    return begin<protocol>(
        ex, found.begin()->endpoint(), at, std::move(options), std::move(accepted));
}

void async_listen(
    const asio::any_io_executor& ex,
    const url& at,
    endpoint_options options,
    accepted_fn accepted,
    std::function<void(error_code, std::shared_ptr<listener>)> done) {
    using protocol = asio::ip::tcp;
    auto bind = [ex, at, options = std::move(options), accepted = std::move(accepted), done](
                    error_code ec, const protocol::endpoint* on) mutable {
        std::shared_ptr<listener> made;
        try {
            if (!ec)
                made = on ? begin<protocol>(ex, *on, at, std::move(options), std::move(accepted))
                          : listen(ex, at, std::move(options), std::move(accepted));
        } catch (const boost::system::system_error& e) {
            ec = e.code();
        }
        done(ec, std::move(made));
    };
    if (at.how == url::scheme::unix_socket || at.host.empty()) // nothing to look up
        return asio::post(ex, [bind = std::move(bind)]() mutable { bind({}, nullptr); });
    const auto resolver = std::make_shared<protocol::resolver>(ex);
    resolver->async_resolve(
        at.host,
        at.port,
        protocol::resolver::passive,
        [resolver, bind = std::move(bind)](
            error_code ec, const protocol::resolver::results_type& found) mutable {
            const auto on = found.empty() ? protocol::endpoint() : found.begin()->endpoint();
            bind(ec, &on);
        });
}

} // namespace streamx::rsocket
