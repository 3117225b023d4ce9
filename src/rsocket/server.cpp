#include <streamx/rsocket/server.hpp>

#include "common_config.hpp"
#include "endpoint.hpp"
#include "session.hpp"

#include <streamx/core/error.hpp>
#include <streamx/time/sleep_for.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <map>
#include <unordered_map>

namespace streamx::rsocket {

std::function<bool(const std::optional<credentials>&)>
bearer_tokens(std::vector<std::string> tokens) {
    return [tokens = std::move(tokens)](const std::optional<credentials>& who) {
        const bool bearer = who && who->type == "bearer";
        const std::string_view given = bearer ? std::string_view(who->secret) : std::string_view();
        bool found = false;
        for (const auto& token : tokens)
            found = same_secret(token, given) || found;
        return bearer && found;
    };
}

namespace detail {
namespace {

engine_config config_of(const server_options& o) {
    const std::string whose = "server_options";
    require_option(o.max_credit != 0, whose, "max_credit must be at least 1");
    require_option(o.lifetime.count() > 0, whose, "lifetime must be at least 1 ms");
    auto c = common_config(o, whose);
    c.side = role::server;
    c.streams = o.streams;
    c.max_credit = std::min(o.max_credit, max_31);
    c.lease = o.lease.has_value();
    c.lifetime = o.lifetime;
    return c;
}

/// The credentials in the metadata of a SETUP frame; throws if it makes no sense.
std::optional<credentials> credentials_in(const event& setup) {
    if (!setup.message.metadata)
        return {};
    if (setup.metadata_mime == mime::authentication)
        return decode_credentials(*setup.message.metadata);
    return request_metadata::decode(*setup.message.metadata, setup.metadata_mime).who;
}

class server_sessions final : public server_core,
                              public session_owner,
                              public std::enable_shared_from_this<server_sessions> {
public:
    server_sessions(asio::any_io_executor ex, server_options o)
        : options_(std::move(o)), config_(config_of(options_)),
          routes_(std::make_shared<router>()) {
        executor = std::move(ex);
    }

    router& routes() noexcept override { return *routes_; }
    void on_connect(std::function<void(const connected_client&)> fn) override {
        on_connect_ = std::move(fn);
    }
    std::size_t connections() const noexcept override { return sessions_.size(); }

    std::string listen(const std::string& at) override {
        listeners_.push_back(
            rsocket::listen(executor, url::parse(at), listening_options(), acceptor()));
        return listeners_.back()->where().to_string();
    }

    void async_listen(std::string at, listening_handler handler) override {
        const auto waiting = std::make_shared<listening_handler>(std::move(handler));
        const auto answer = [waiting](error_code ec, std::string where) {
            auto ex = waiting->get_executor();
            streamx::detail::post_to(
                ex, std::allocator<void>(), [waiting, ec, where = std::move(where)]() mutable {
                    (*waiting)(ec, std::move(where));
                });
        };
        try {
            rsocket::async_listen(
                executor,
                url::parse(at),
                listening_options(),
                acceptor(),
                [weak = weak_from_this(), answer](error_code ec, std::shared_ptr<listener> made) {
                    const auto self = weak.lock();
                    if (made && (!self || self->stopping_)) {
                        made->stop();
                        ec = streamx::errc::closed;
                    }
                    if (ec)
                        return answer(ec, {});
                    self->listeners_.push_back(made);
                    answer({}, made->where().to_string());
                });
        } catch (const boost::system::system_error& e) {
            answer(e.code(), {});
        }
    }

    void accept(io::transport t) override {
        if (stopping_ || sessions_.size() >= options_.connections)
            return t.close();
        const auto s = std::make_shared<session>(
            executor, config_, options_.window, options_.limits, routes_, weak_from_this());
        s->set_window_bytes(options_.window_bytes);
        sessions_.emplace(s.get(), entry{s, {}, {}});
        s->attach(std::move(t));
    }

    void stop(std::chrono::nanoseconds within) override {
        if (std::exchange(stopping_, true))
            return;
        stop_listening();
        for (const auto& s : all())
            s->drain();
        if (sessions_.empty())
            return stopped->wake();
        async_sleep_for(
            executor,
            std::chrono::duration_cast<clock_service::duration>(within),
            asio::bind_cancellation_slot(
                deadline_.slot(),
                asio::bind_executor(executor, [weak = weak_from_this()](error_code ec) {
                    const auto self = weak.lock();
                    if (self && !ec)
                        self->end_all("the server has stopped");
                })));
    }

    void close() noexcept override {
        stop_listening();
        stopping_ = true;
        end_all("the server is gone");
    }

private:
    struct entry {
        std::weak_ptr<session> weak;
        std::shared_ptr<session> kept; // of a session that can be resumed
        std::string token;
    };

    endpoint_options listening_options() const {
        return {options_.tls, {}, options_.limits, options_.connections};
    }
    accepted_fn acceptor() {
        return [weak = weak_from_this()](io::transport t) {
            if (const auto self = weak.lock())
                self->accept(std::move(t));
        };
    }

    std::string welcome(session& s, const event& setup) override {
        try {
            if (options_.authenticator && !options_.authenticator(credentials_in(setup)))
                return "these credentials are not accepted";
        } catch (const std::exception& e) {
            return e.what();
        }
        if (options_.lease && s.protocol().leases())
            s.set_lease(*options_.lease);
        if (s.protocol().resumable()) {
            if (!tokens_.emplace(setup.text, &s).second)
                return "there is a session with this token already";
            auto& e = sessions_.at(&s);
            e.token = setup.text;
            e.kept = e.weak.lock();
        }
        return {};
    }

    void accepted(session& s, const event& setup) override {
        if (on_connect_)
            on_connect_(
                {requester(s.requests()),
                 credentials_in(setup),
                 setup.message,
                 setup.data_mime,
                 setup.metadata_mime});
    }

    std::shared_ptr<session> find(const std::string& token) override {
        const auto found = tokens_.find(token);
        return found == tokens_.end() ? nullptr : sessions_.at(found->second).weak.lock();
    }

    void closed(session& s, error_code) override {
        const auto found = sessions_.find(&s);
        if (found == sessions_.end())
            return;
        const auto kept = std::move(found->second.kept); // until this function is done
        if (const auto t = tokens_.find(found->second.token); t != tokens_.end() && t->second == &s)
            tokens_.erase(t);
        sessions_.erase(found);
        if (stopping_ && sessions_.empty()) {
            deadline_.emit(asio::cancellation_type::terminal);
            stopped->wake();
        }
    }

    std::vector<std::shared_ptr<session>> all() const {
        std::vector<std::shared_ptr<session>> list;
        for (const auto& [key, e] : sessions_)
            if (auto s = e.weak.lock())
                list.push_back(std::move(s));
        return list;
    }

    void end_all(const char* why) {
        for (const auto& s : all())
            s->close(errc::connection_error, why);
    }

    void stop_listening() noexcept {
        for (const auto& l : std::exchange(listeners_, {}))
            l->stop();
    }

    server_options options_;
    const engine_config config_;
    std::shared_ptr<router> routes_;
    std::function<void(const connected_client&)> on_connect_;
    std::vector<std::shared_ptr<listener>> listeners_;
    std::unordered_map<session*, entry> sessions_;
    std::unordered_map<std::string, session*> tokens_;
    asio::cancellation_signal deadline_;
    bool stopping_ = false;
};

} // namespace

std::shared_ptr<server_core> server_core::make(asio::any_io_executor ex, server_options options) {
    return std::make_shared<server_sessions>(std::move(ex), std::move(options));
}

} // namespace detail
} // namespace streamx::rsocket
