#include <streamx/rsocket/client.hpp>

#include "common_config.hpp"
#include "endpoint.hpp"
#include "session.hpp"

#include <streamx/time/backoff.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <random>

namespace streamx::rsocket::detail {
namespace {

/// A name for a session that nobody guesses.
std::string random_token() {
    std::random_device random;
    std::string token;
    for (unsigned i = 0; i != 16; ++i)
        token.push_back(static_cast<char>(random()));
    return token;
}

engine_config config_of(const client_options& o) {
    const std::string whose = "client_options";
    require_option(o.keepalive.count() > 0, whose, "keepalive must be at least 1 ms");
    require_option(o.lifetime.count() >= 0, whose, "lifetime must not be negative");
    auto c = common_config(o, whose);
    c.side = role::client;
    c.lease = o.lease;
    c.interval = o.keepalive;
    c.lifetime = o.lifetime.count() != 0 ? o.lifetime : 3 * c.interval;
    c.metadata_mime = o.metadata_type;
    c.data_mime = o.data_type;
    c.setup = o.setup;
    if (o.resume)
        c.token = random_token();
    if (o.who && !c.setup.metadata) {
        auto who = encode_credentials(*o.who);
        c.setup.metadata =
            o.metadata_type == mime::composite
                ? encode_composite({{std::string(mime::authentication), std::move(who)}})
                : std::move(who);
    }
    return c;
}

class client_session final : public client_core,
                             public session_owner,
                             public std::enable_shared_from_this<client_session> {
public:
    /// It keeps of the options what it needs later: an idle client is to be small.
    client_session(asio::any_io_executor ex, const client_options& o)
        : on_state_(o.on_state), delays_(o.reconnect),
          once_(!o.resume && o.lost == when_lost::close) {
        executor = std::move(ex);
    }

    void begin(const client_options& options) {
        session_ = std::make_shared<session>(
            executor,
            config_of(options),
            options.window,
            options.limits,
            options.responder,
            weak_from_this());
        requests = session_->requests();
        session_->set_when_lost(options.lost);
        session_->set_window_bytes(options.window_bytes);
    }

    void dial_first(const std::string& text, const client_options& options) {
        try {
            const auto to = url::parse(text);
            if (to.how != url::scheme::unix_socket && to.host.empty())
                return end(url_error::no_host);
            const endpoint_options how{options.tls, options.headers, options.limits};
            dial_ = [this, to, how](auto done) {
                dialling_ = dial(executor, to, how, std::move(done));
            };
        } catch (const boost::system::system_error& e) {
            return end(e.code());
        }
        dial_now();
    }
    void dial_first(dialler fn) {
        dial_ = std::move(fn);
        dial_now();
    }
    void attach(io::transport t) {
        asio::post(executor, [self = shared_from_this(), t = std::move(t)]() mutable {
            self->was_attached_ = true;
            self->session_->attach(std::move(t));
        });
    }

    void established() override {
        delays_.reset();
        if (once_)
            dial_ = {};
        enter(client_state::connected);
        if (!std::exchange(was_connected_, true))
            connected->wake();
    }
    void lost(error_code why) override {
        enter(client_state::reconnecting, why);
        dial_later(why);
    }
    void closed(session&, error_code ec) override { end(ec); }

    std::shared_ptr<gate> when_closed() override {
        if (!when_closed_)
            when_closed_ = std::make_shared<gate>();
        if (over_)
            when_closed_->wake(why_);
        return when_closed_;
    }
    std::shared_ptr<gate> when_gone() override {
        const auto asked = session_->when_gone();
        if (over_ && !was_attached_)
            asked->wake();
        return asked;
    }

    bool is_open() const noexcept override { return !over_; }
    void close() noexcept override {
        stop_dialling();
        if (!over_)
            session_->close(errc::connection_error, "the client has closed the connection");
    }

private:
    void dial_now() {
        dial_([weak = weak_from_this()](error_code ec, io::transport t) {
            const auto self = weak.lock();
            if (!self || self->over_)
                return t.close();
            self->dialling_.reset();
            if (!ec) {
                self->was_attached_ = true;
                return self->session_->attach(std::move(t));
            }
            if (!self->was_connected_)
                return self->end(ec);
            self->dial_later(ec);
        });
    }

    void dial_later(error_code why) {
        if (over_) // who was told that it is lost has closed it
            return;
        const auto pause = dial_ ? delays_.next() : std::nullopt;
        if (!pause && session_->protocol().resumable())
            return session_->close(errc::rejected_resume, "the session could not be resumed");
        if (!pause) {
            gave_up_ = why;
            return session_->close(errc::connection_error, "there is no way to connect again");
        }
        async_sleep_for(
            executor,
            *pause,
            asio::bind_cancellation_slot(
                wake_up_.slot(),
                asio::bind_executor(executor, [weak = weak_from_this()](error_code ec) {
                    const auto self = weak.lock();
                    if (self && !ec && !self->over_)
                        self->dial_now();
                })));
    }

    void stop_dialling() noexcept {
        if (const auto d = std::exchange(dialling_, nullptr))
            d->stop();
        wake_up_.emit(asio::cancellation_type::terminal);
    }

    void enter(client_state s, error_code why = {}) {
        state = s;
        if (on_state_)
            on_state_(s, why);
    }

    void end(error_code ec) {
        if (std::exchange(over_, true))
            return;
        if (gave_up_)
            ec = gave_up_;
        why_ = ec;
        enter(client_state::closed, ec);
        stop_dialling();
        if (!was_connected_)
            connected->wake(ec ? ec : error_code(streamx::errc::closed));
        if (when_closed_)
            when_closed_->wake(ec);
    }

    std::function<void(client_state, error_code)> on_state_;
    dialler dial_;
    std::shared_ptr<session> session_;
    std::shared_ptr<activity> dialling_;
    asio::cancellation_signal wake_up_;
    backoff_delays delays_;
    std::shared_ptr<gate> when_closed_; // if somebody has asked for it
    error_code gave_up_;                // with this, to connect again
    error_code why_;                    // it is over
    bool once_;                         // it does not connect again
    bool was_attached_ = false;
    bool was_connected_ = false;
    bool over_ = false;
};

std::shared_ptr<client_session> make(asio::any_io_executor ex, const client_options& options) {
    auto c = std::make_shared<client_session>(std::move(ex), options);
    c->begin(options);
    return c;
}

} // namespace

std::shared_ptr<client_core>
client_core::start(asio::any_io_executor ex, const std::string& url, client_options options) {
    auto c = make(std::move(ex), options);
    c->dial_first(url, options);
    return c;
}

std::shared_ptr<client_core>
client_core::start(asio::any_io_executor ex, dialler dial, client_options options) {
    auto c = make(std::move(ex), options);
    c->dial_first(std::move(dial));
    return c;
}

std::shared_ptr<client_core> client_core::start(io::transport t, client_options options) {
    auto c = make(t.get_executor(), options);
    c->attach(std::move(t));
    return c;
}

} // namespace streamx::rsocket::detail
