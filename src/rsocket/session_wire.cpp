// The connection of a session: bytes in, bytes out.

#include "session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace streamx::rsocket {

void session::attach(io::transport t) {
    if (over_)
        return t.close();
    auto w = std::make_shared<wire>();
    w->owner = shared_from_this();
    w->via = std::move(t);
    drop_wire();
    wire_ = w;
    engine_.connected(now());
    read(w);
    schedule();
    watch();
}

void session::drop_wire() {
    if (const auto old = std::exchange(wire_, {}).lock()) {
        const auto self = std::exchange(old->owner, nullptr);
        old->via.close();
        if (over_)
            gone();
    }
}

void session::read(const wire_ptr& w) {
    const bool behind = engine_.out.size() > limits_.queued_bytes;
    if (w->reading || behind || !w->owner || (over_ && !linger_))
        return;
    w->read();
}

void session::wire::read() {
    reading = true;
    via.async_read_some(in.prepare(), [self = shared_from_this()](error_code ec, std::size_t n) {
        self->on_read(ec, n);
    });
}

void session::wire::write() {
    writing = true;
    via.async_write_some(
        asio::buffer(flying.data() + written, flying.size() - written),
        [self = shared_from_this()](error_code ec, std::size_t n) { self->on_written(ec, n); });
}

/// Tells the peer that no more comes. What it sends is still read.
void session::wire::finish() {
    if (!std::exchange(finished, true))
        via.async_shutdown([self = shared_from_this()](error_code) {});
}

void session::wire::on_read(error_code ec, std::size_t n) {
    reading = false;
    const auto s = owner;
    if (!s)
        return;
    in.came(n);
    if (ec)
        return s->connection_lost(shared_from_this(), ec);
    s->parse(shared_from_this());
}

/// Before the next frame: a request has to have its owner when the next event on it comes.
bool session::must_handle_events() const noexcept {
    const auto& events = engine_.events;
    return !events.empty() && (!engine_.established() || events.size() > 256 ||
                               events.back().what == event::kind::request);
}

/// Hands on what has come. The connection may be another session's then, or nobody's.
void session::receive(const wire_ptr& w) {
    const auto at = now();
    auto s = w->owner;
    try {
        while (s) {
            auto in = w->in.bytes();
            if (const auto n = s->engine_.receive_items(in, at)) {
                w->in.left(in.size() - n);
                continue;
            }
            const auto frame = next_frame(in, s->engine_.config().frame);
            if (!frame)
                break;
            w->in.left(in.size());
            s->engine_.receive(*frame, at);
            if (s->must_handle_events()) {
                s->handle_events(); // which may hand the connection to another session
                s = w->owner;
            }
        }
    } catch (const boost::system::system_error&) {
        s->engine_.refuse(errc::connection_error, "a frame is larger than the limit");
    }
    if (s)
        s->handle_events();
}

void session::parse(const wire_ptr& w) {
    reading_ = read_phase::taking;
    {
        const pump_comes here(*this);
        receive(w);
    }
    pump();
    reading_ = read_phase::waking;
    if (const auto last = std::exchange(woken_, {}))
        last->ready->wake_here();
    reading_ = read_phase::none;
    if (const auto s = w->owner) {
        s->read(w);
        s->watch();
    }
}

void session::wire::on_written(error_code ec, std::size_t n) {
    written += n;
    if (!ec && n != 0 && written != flying.size())
        return write();
    writing = false;
    flying.clear();
    written = 0;
    const auto s = owner;
    if (!s)
        return;
    if (!s->engine_.established()) // SETUP: what an idle connection sends is smaller
        flying = {};
    else if (s->engine_.out.empty()) // what goes next finds this memory, still in the cache
        flying.swap(s->engine_.out);
    broken = ec.failed(); // what the peer said before is still to be read
    s->pump();
    s->read(shared_from_this());
}

void session::connection_lost(const wire_ptr& w, error_code ec) {
    if (wire_.lock() != w)
        return;
    const auto self = shared_from_this();
    drop_wire();
    transport_error_ = ec;
    const bool resumable = engine_.resumable();
    engine_.disconnected(now());
    handle_events();
    if (resumable && !over_) {
        watch();
        if (const auto owner = owner_.lock())
            owner->lost(ec);
    }
}

void session::flush() {
    const auto w = wire_.lock();
    if (!w || w->writing)
        return;
    if (!engine_.out.empty() && !w->broken) {
        w->flying.clear();
        w->flying.swap(engine_.out);
        w->write();
    } else if (over_) {
        w->finish(); // and then wait for the peer's end, so that nothing sent is lost by a reset
    }
}

} // namespace streamx::rsocket
