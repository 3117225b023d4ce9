#include "bind_all.hpp"
#include "endpoint.hpp"
#include "websocket_frames.hpp"

#include <streamx/core/error.hpp>
#include <streamx/io/detail/timed.hpp>
#include <streamx/io/websocket.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <unordered_set>
#include <utility>
#include <vector>

namespace streamx::rsocket {
namespace {

using asio::ip::tcp;
using local = asio::local::stream_protocol;

void tune(tcp::socket& s) {
    error_code ignored;
    s.set_option(tcp::no_delay(true), ignored);
}
void tune(local::socket&) {}

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

/// Accepts on the addresses of one URL. When the process has no descriptor left it waits a little.
template <class Protocol>
class listening final : public listener, public std::enable_shared_from_this<listening<Protocol>> {
    using acceptor = typename Protocol::acceptor;

public:
    listening(
        asio::any_io_executor ex,
        std::vector<acceptor> on,
        url shown,
        endpoint_options options,
        accepted_fn fn)
        : executor_(std::move(ex)), acceptors_(std::move(on)), url_(std::move(shown)),
          options_(std::move(options)), accepted_(std::move(fn)) {
        if constexpr (std::is_same_v<Protocol, tcp>) {
            const auto at = acceptors_.front().local_endpoint();
            url_.port = std::to_string(at.port());
            if (url_.host.empty())
                url_.host = at.address().to_string();
        }
    }
    ~listening() override { unlink_socket(); }

    const url& where() const noexcept override { return url_; }

    void accept() {
        for (auto& one : acceptors_)
            accept(one);
    }

    void stop() noexcept override {
        error_code ignored;
        for (auto& one : acceptors_)
            one.close(ignored);
        unlink_socket();
        for (const auto& one : std::exchange(handshakes_, {}))
            one->emit(asio::cancellation_type::terminal);
    }

private:
    using signal_ptr = std::shared_ptr<asio::cancellation_signal>;

    void accept(acceptor& one) {
        one.async_accept([self = this->shared_from_this(),
                          &one](error_code ec, typename Protocol::socket socket) {
            if (!one.is_open())
                return;
            if (ec)
                return self->pause(one);
            tune(socket);
            self->shake(io::transport(std::move(socket)));
            if (one.is_open())
                self->accept(one);
        });
    }

    void shake(io::transport t) {
        if (!url_.secure() && !url_.websocket())
            return accepted_(std::move(t));
        if (handshakes_.size() >= options_.handshakes)
            return t.close();
        const auto stop = std::make_shared<asio::cancellation_signal>();
        handshakes_.insert(stop);
        auto done = [self = this->shared_from_this(), stop](error_code ec, io::transport made) {
            if (self->handshakes_.erase(stop) != 0 && !ec)
                self->accepted_(std::move(made));
        };
        io::detail::run_timed<io::transport>(
            executor_,
            options_.limits.handshake,
            shaken(std::move(t), url_, options_),
            streamx::detail::erased<error_code, io::transport>(
                asio::bind_cancellation_slot(stop->slot(), std::move(done)), executor_));
    }

    void pause(acceptor& one) {
        async_sleep_for(
            executor_,
            std::chrono::milliseconds(50),
            [self = this->shared_from_this(), &one](error_code) {
                if (one.is_open())
                    self->accept(one);
            });
    }

    void unlink_socket() noexcept {
        if (url_.how == url::scheme::unix_socket && !std::exchange(unlinked_, true))
            ::unlink(url_.path.c_str());
    }

    asio::any_io_executor executor_;
    std::vector<acceptor> acceptors_;
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
    local::socket probe(ex);
    error_code ec;
    probe.connect(local::endpoint(path), ec);
    if (ec == asio::error::connection_refused)
        ::unlink(path.c_str());
}

/// What is wrong with the options is said before anything listens.
void check(const url& at, const endpoint_options& options) {
    if (at.secure() && (!options.tls || options.tls->role() != io::tls_role::server))
        throw boost::system::system_error(
            boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
            at.to_string() + ": server_options::tls is no server's tls_context");
}

template <class Protocol>
std::shared_ptr<listener> begin(
    const asio::any_io_executor& ex,
    std::vector<typename Protocol::acceptor> on,
    const url& at,
    endpoint_options options,
    accepted_fn accepted) {
    const auto l = std::make_shared<listening<Protocol>>(
        ex, std::move(on), at, std::move(options), std::move(accepted));
    l->accept();
    return l;
}

std::vector<tcp::endpoint> endpoints_of(const tcp::resolver::results_type& found) {
    return {found.begin(), found.end()};
}

/// Where there is nothing to be looked up.
bool is_known(const url& at) { return at.how == url::scheme::unix_socket || at.host.empty(); }

std::shared_ptr<listener> listen_at_known(
    const asio::any_io_executor& ex,
    const url& at,
    endpoint_options options,
    accepted_fn accepted) {
    if (at.host.empty() && at.how != url::scheme::unix_socket) {
        const auto port = static_cast<std::uint16_t>(std::stoul(at.port)); // `url` has looked at it
        return accept_at(
            ex, bind_everywhere(ex, port), at, std::move(options), std::move(accepted));
    }
    remove_stale(ex, at.path);
    std::vector<local::acceptor> on;
    on.push_back(local::acceptor(ex, at.path));
    return begin<local>(ex, std::move(on), at, std::move(options), std::move(accepted));
}

} // namespace

std::shared_ptr<listener> accept_at(
    const asio::any_io_executor& ex,
    std::vector<tcp::acceptor> on,
    const url& shown,
    endpoint_options options,
    accepted_fn accepted) {
    return begin<tcp>(ex, std::move(on), shown, std::move(options), std::move(accepted));
}

std::shared_ptr<listener> listen(
    const asio::any_io_executor& ex,
    const url& at,
    endpoint_options options,
    accepted_fn accepted) {
    check(at, options);
    if (is_known(at))
        return listen_at_known(ex, at, std::move(options), std::move(accepted));
    tcp::resolver resolver(ex);
    const auto found = resolver.resolve(at.host, at.port, tcp::resolver::passive);
    return accept_at(
        ex, bind_all(ex, endpoints_of(found)), at, std::move(options), std::move(accepted));
}

void async_listen(
    const asio::any_io_executor& ex,
    const url& at,
    endpoint_options options,
    accepted_fn accepted,
    std::function<void(error_code, std::shared_ptr<listener>)> done) {
    auto bind = [ex, at, options = std::move(options), accepted = std::move(accepted), done](
                    error_code ec, const tcp::resolver::results_type* found) mutable {
        std::shared_ptr<listener> made;
        try {
            if (!ec) {
                check(at, options);
                made = found ? accept_at(
                                   ex,
                                   bind_all(ex, endpoints_of(*found)),
                                   at,
                                   std::move(options),
                                   std::move(accepted))
                             : listen_at_known(ex, at, std::move(options), std::move(accepted));
            }
        } catch (const boost::system::system_error& e) {
            ec = e.code();
        }
        done(ec, std::move(made));
    };
    if (is_known(at))
        return asio::post(ex, [bind = std::move(bind)]() mutable { bind({}, nullptr); });
    const auto resolver = std::make_shared<tcp::resolver>(ex);
    resolver->async_resolve(
        at.host,
        at.port,
        tcp::resolver::passive,
        [resolver, bind = std::move(bind)](
            error_code ec, const tcp::resolver::results_type& found) mutable { bind(ec, &found); });
}

} // namespace streamx::rsocket
