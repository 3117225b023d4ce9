#include "session.hpp"

#include <streamx/core/error.hpp>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace streamx::rsocket {

std::exception_ptr failure_of(error_code ec, const std::string& text) {
    return std::make_exception_ptr(boost::system::system_error(ec, text));
}

session::session(
    asio::any_io_executor ex,
    engine_config config,
    std::uint32_t window,
    const io::endpoint_limits& limits,
    std::shared_ptr<const router> routes,
    std::weak_ptr<session_owner> owner)
    : executor_(std::move(ex)), engine_(std::move(config)), window_(std::max(window, 1U)),
      limits_(limits), routes_(std::move(routes)), owner_(std::move(owner)),
      timer_(std::make_shared<streamx::detail::timer>(
          asio::query(executor_, asio::execution::context))) {}

session::~session() = default;

void session::close(errc code, const std::string& text) {
    engine_.refuse(code, text);
    handle_events();
    schedule();
}

void session::drain() {
    engine_.drain();
    schedule();
}

void session::grant(flow& f, std::uint32_t n) {
    if (f.id == 0 || over_)
        return;
    engine_.grant(f.id, n);
    schedule();
}

void session::abandon(const flow_ptr& f) {
    if (over_)
        return;
    if (f->mine)
        drop_source(*f);
    if (f->id != 0)
        engine_.cancel(f->id);
    schedule();
}

void session::schedule() {
    if (std::exchange(scheduled_, true))
        return;
    asio::post(executor_, [self = weak_from_this()] {
        if (const auto s = self.lock())
            s->pump();
    });
}

void session::pump() {
    const auto self = shared_from_this();
    {
        const pump_comes here(*this);
        while (!turns_.empty() && engine_.has_room()) {
            const auto f = turns_.pop();
            f->queued = false;
            if (turn(f))
                queue(f);
        }
        engine_.end_if_drained();
        handle_events();
    }
    flush();
    if (!turns_.empty() && engine_.has_room())
        schedule();
}

void session::wake(const std::shared_ptr<detail::inbox>& in) {
    if (reading_ != read_phase::taking)
        return in->ready->wake();
    if (woken_ && woken_ != in)
        woken_->ready->wake();
    woken_ = in;
}

void flow::take(const item_run& items) {
    if (inbox && inbox->put(items))
        if (const auto s = owner.lock())
            s->wake(inbox);
}

void flow::take_last(std::string_view data) {
    if (!inbox)
        return;
    const bool was_empty = inbox->put(payload(data));
    if (inbox->close() || was_empty)
        if (const auto s = owner.lock())
            s->wake(inbox);
}

// What the engine has told

void session::handle_events() {
    const auto self = shared_from_this();
    while (!engine_.events.empty()) {
        auto events = std::exchange(engine_.events, std::exchange(spare_, {}));
        const bool again = events.front().what > event::kind::established;
        for (auto& e : events)
            handle(e);
        events.clear();
        if (again) // the beginning of a connection leaves no memory behind
            spare_ = std::move(events);
    }
}

void session::handle(event& e) {
    const auto f = std::static_pointer_cast<flow>(e.user);
    switch (e.what) {
    case event::kind::setup:
        return on_setup(e);
    case event::kind::resume:
        return on_resume(e);
    case event::kind::established:
        transport_error_ = {};
        was_established_ = true;
        send_waiting();
        if (const auto owner = owner_.lock())
            owner->established();
        return;
    case event::kind::leased:
        return send_waiting();
    case event::kind::request:
        return on_request(e);
    case event::kind::item:
        if (f && f->inbox) {
            const bool first = f->inbox->put(std::move(e.message));
            if ((e.complete && f->inbox->close()) || first)
                wake(f->inbox);
        }
        return;
    case event::kind::completed:
        if (f && f->inbox && f->inbox->close())
            wake(f->inbox);
        return;
    case event::kind::failed:
        if (!f)
            return;
        drop_source(*f);
        if (f->inbox)
            f->inbox->finish(failure_of(e.error, e.text));
        return;
    case event::kind::cancelled:
        if (!f)
            return;
        drop_source(*f);
        if (!f->mine && f->inbox)
            f->inbox->finish(failure_of(errc::canceled, "the client has cancelled the channel"));
        return;
    case event::kind::credit:
        if (f && f->sends)
            queue(f);
        return;
    case event::kind::metadata_push:
        if (routes_)
            routes_->pushed(std::move(*e.message.metadata));
        return;
    case event::kind::draining:
        if (when_lost_ == when_lost::wait)
            return;
        return fail_waiting(errc::connection_close, "the peer takes no new requests");
    case event::kind::closed:
        return on_closed(e);
    }
}

void session::on_setup(const event& e) {
    const auto owner = owner_.lock();
    if (const auto why = owner ? owner->welcome(*this, e) : "the server is gone"; !why.empty())
        return engine_.refuse(errc::rejected_setup, why);
    engine_.config().metadata_mime = e.metadata_mime;
    engine_.config().data_mime = e.data_mime;
    engine_.accept(now());
    if (lease_) {
        engine_.lease(lease_->ttl, lease_->requests, now());
        next_lease_ = now() + lease_->ttl;
    }
    try {
        owner->accepted(*this, e);
    } catch (const std::exception& refusal) {
        engine_.refuse(errc::connection_error, refusal.what());
    }
}

void session::on_resume(const event& e) {
    const auto owner = owner_.lock();
    const auto other = owner ? owner->find(e.text) : nullptr;
    if (!other || other->over_)
        return engine_.refuse(errc::rejected_resume, "there is no such session");
    const auto w = std::exchange(wire_, {}).lock();
    if (!w)
        return;
    const auto self = std::exchange(w->owner, other);
    other->take_over(w, e);
    over_ = true; // this one was only there to ask
    owner->closed(*this, {});
}

void session::take_over(const wire_ptr& w, const event& e) {
    drop_wire(); // an older connection of this session: whatever it still sends is not heard
    engine_.disconnected(now());
    wire_ = w;
    engine_.resume(e.position, e.first, now());
    if (lease_ && !engine_.over()) {
        engine_.lease(lease_->ttl, lease_->requests, now());
        next_lease_ = now() + lease_->ttl;
    }
    schedule();
    watch();
}

void session::on_closed(const event& e) {
    if (!engine_.over()) { // a dead peer, and a session to be resumed
        drop_wire();
        transport_error_ = e.error;
        if (const auto owner = owner_.lock())
            owner->lost(e.error);
        return;
    }
    if (over_)
        return;
    const auto self = shared_from_this();
    const auto why =
        e.error == streamx::errc::closed && transport_error_ ? transport_error_ : e.error;
    if (begins_anew(why, e.by_peer))
        return begin_anew(why);
    over_ = true;
    fail_waiting(why, e.text);
    linger_ = streamx::detail::later(now(), limits_.shutdown);
    next_lease_.reset();
    if (const auto owner = owner_.lock())
        owner->closed(*this, why);
    if (wire_.expired())
        gone();
    schedule();
    watch();
}

/// Not after what the peer has refused in SETUP, or this end in what came: it would be so again.
bool session::begins_anew(error_code why, bool by_peer) const noexcept {
    if (when_lost_ == when_lost::close || !was_established_)
        return false;
    const bool ended = by_peer && why.value() >= static_cast<int>(errc::connection_error);
    return why.category() != error_category() || why == errc::connection_close || ended;
}

/// As if there had been no connection before. What waits to be sent was never a part of it.
void session::begin_anew(error_code why) {
    drop_wire();
    auto config = engine_.config();
    config.last_stream = 0;
    engine_ = engine(std::move(config));
    transport_error_ = {};
    for (auto turns = std::exchange(turns_, {}); !turns.empty();)
        if (auto f = turns.pop(); f->id == 0) // a stream of the old connection is over
            turns_.push(std::move(f));
    if (when_lost_ == when_lost::fail)
        fail_waiting(why, "the connection was lost");
    watch();
    if (const auto owner = owner_.lock())
        owner->lost(why);
}

void session::gone() {
    gone_ = true;
    if (when_gone_)
        when_gone_->wake();
}

std::shared_ptr<detail::inbox::gate> session::when_gone() {
    if (!when_gone_)
        when_gone_ = std::make_shared<detail::inbox::gate>();
    if (gone_)
        when_gone_->wake();
    return when_gone_;
}

void session::send_waiting() {
    for (auto waiting = std::exchange(unsent_, {}); !waiting.empty();)
        queue(waiting.pop());
}

void session::fail_waiting(error_code ec, const std::string& text) {
    auto waiting = std::exchange(unsent_, {});
    for (auto turns = std::exchange(turns_, {}); !turns.empty();) {
        auto f = turns.pop();
        (f->id == 0 ? waiting : turns_).push(std::move(f));
    }
    while (!waiting.empty()) {
        const auto f = waiting.pop();
        drop_source(*f);
        f->inbox->finish(failure_of(ec, text));
    }
}

} // namespace streamx::rsocket
