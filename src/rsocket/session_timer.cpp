// The one timer of a session.

#include "session.hpp"

#include <boost/asio/bind_executor.hpp>

#include <utility>

namespace streamx::rsocket {

std::optional<engine::time_point> session::deadline() const {
    if (over_)
        return linger_;
    auto at = engine_.deadline();
    if (next_lease_ && (!at || *next_lease_ < *at))
        at = next_lease_;
    return at;
}

void session::watch() {
    const auto at = deadline();
    if (!at || (watched_ && *watched_ <= *at)) {
        if (!at && watched_)
            timer_->wake();
        return;
    }
    const bool waits = watched_.has_value();
    watched_ = at;
    if (waits)
        return timer_->wake(); // who waits there begins again
    streamx::detail::timer::async_wait(
        timer_,
        *at,
        executor_,
        asio::bind_executor(executor_, [self = weak_from_this()](error_code ec) {
            const auto s = self.lock();
            if (!s)
                return;
            s->watched_.reset();
            if (!ec)
                s->on_timer();
        }));
}

void session::on_timer() {
    const auto at = now();
    if (linger_ && *linger_ <= at) {
        linger_.reset();
        return drop_wire();
    }
    if (next_lease_ && *next_lease_ <= at && !over_) {
        engine_.lease(lease_->ttl, lease_->requests, at);
        next_lease_ = at + lease_->ttl;
    }
    engine_.on_time(at);
    pump();
    watch();
}

} // namespace streamx::rsocket
