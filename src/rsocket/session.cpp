#include "session.hpp"

#include <streamx/core/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace streamx::rsocket {
namespace {

// What one stream sends in its turn, when others wait for theirs.
constexpr unsigned items_a_turn = 64;
constexpr std::size_t bytes_a_turn = 16 * 1024;

std::exception_ptr failure_of(error_code ec, const std::string& text) {
    return std::make_exception_ptr(boost::system::system_error(ec, text));
}

std::string what_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "unknown failure";
    }
}

/// The code that a failure goes over the wire with.
errc code_of(const std::exception_ptr& failure) {
    const auto ec = to_error_code(failure);
    const auto value = static_cast<std::uint32_t>(ec.value());
    const bool ours = ec.category() == error_category();
    return ours && value > static_cast<std::uint32_t>(errc::connection_close)
               ? static_cast<errc>(value)
               : errc::application_error;
}

/// The answer of a request-response.
class one_payload : public stream_interface<one_payload> {
public:
    using value_type = payload;
    using executor_type = asio::any_io_executor;

    one_payload(asio::any_io_executor ex, payload p)
        : executor_(std::move(ex)), payload_(std::move(p)) {}

    executor_type get_executor() const noexcept { return executor_; }
    poll<payload> try_next() {
        if (!payload_)
            return end;
        poll<payload> item = *std::move(payload_);
        payload_.reset();
        return item;
    }
    template <class Token>
    auto async_wait(Token&& token) {
        return streamx::detail::async_ready(std::forward<Token>(token), executor_);
    }

private:
    executor_type executor_;
    std::optional<payload> payload_;
};

} // namespace

// What comes from the peer

flow_inbox::flow_inbox(asio::any_io_executor ex, std::uint32_t window)
    : top_up_(std::max(window / 2, 1U)) {
    executor = std::move(ex);
}

poll<payload> flow_inbox::try_next() {
    if (items_.empty()) {
        if (failure_)
            std::rethrow_exception(failure_);
        return over_ ? poll<payload>(end) : poll<payload>(pending);
    }
    if (++taken_ >= top_up_ && !over_)
        if (const auto f = from.lock())
            if (const auto s = f->owner.lock())
                s->grant(*f, std::exchange(taken_, 0));
    return items_.pop();
}

void flow_inbox::abandon() noexcept {
    items_.clear();
    if (std::exchange(over_, true))
        return;
    if (const auto f = from.lock())
        if (const auto s = f->owner.lock())
            s->abandon(f);
}

void flow_inbox::put(payload&& item) {
    if (over_)
        return;
    if (items_.empty())
        ready->wake();
    items_.push(std::move(item));
}

void flow_inbox::put(std::string_view data) {
    if (over_)
        return;
    if (items_.empty())
        ready->wake();
    items_.push(data);
}

void flow_inbox::finish(std::exception_ptr failure) {
    if (std::exchange(over_, true))
        return;
    failure_ = std::move(failure);
    ready->wake();
}

// The session and its connections

session::session(
    asio::any_io_executor ex,
    engine_config config,
    std::uint32_t window,
    const io::endpoint_limits& limits,
    std::shared_ptr<const router> routes,
    session_hooks hooks)
    : executor_(std::move(ex)), engine_(std::move(config)), window_(std::max(window, 1U)),
      limits_(limits), routes_(std::move(routes)), hooks_(std::move(hooks)),
      metadata_type_(engine_.config().metadata_mime), data_type_(engine_.config().data_mime),
      timer_(std::make_shared<streamx::detail::timer>(
          asio::query(executor_, asio::execution::context))) {}

session::~session() = default;

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
        if (over_ && hooks_.gone)
            hooks_.gone();
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
    asio::async_write(
        via, asio::buffer(flying), [self = shared_from_this()](error_code ec, std::size_t) {
            self->on_written(ec);
        });
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
    return !engine_.established() || events.size() > 256 ||
           (!events.empty() && events.back().what == event::kind::request);
}

void session::parse(const wire_ptr& w) {
    const auto at = now();
    auto s = w->owner;
    try {
        while (s) {
            auto in = w->in.bytes();
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
    if (!s)
        return;
    s->handle_events();
    s->pump();
    if (w->owner == s) {
        s->read(w);
        s->watch();
    }
}

void session::wire::on_written(error_code ec) {
    writing = false;
    flying.clear();
    const auto s = owner;
    if (!s)
        return;
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
    engine_.disconnected(now());
    handle_events();
    if (!over_) {
        watch();
        if (hooks_.lost)
            hooks_.lost();
    }
}

void session::close(errc code, const std::string& text) {
    engine_.refuse(code, text);
    handle_events();
    schedule();
}

void session::drain() {
    engine_.drain();
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
    scheduled_ = false;
    const auto self = shared_from_this();
    while (!turns_.empty() && engine_.has_room()) {
        const auto f = std::move(turns_.front());
        turns_.pop_front();
        f->queued = false;
        if (turn(f))
            queue(f);
    }
    engine_.end_if_drained();
    handle_events();
    flush();
}

void session::flush() {
    const auto w = wire_.lock();
    if (!w || w->writing)
        return;
    if (!engine_.out.empty() && !w->broken) {
        w->flying.clear();
        w->flying.swap(engine_.out);
        w->write();
        if (!turns_.empty())
            schedule();
    } else if (over_) {
        w->finish(); // and then wait for the peer's end, so that nothing sent is lost by a reset
    }
}

// Time

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

// Events

void session::handle_events() {
    const auto self = shared_from_this();
    while (!engine_.events.empty()) {
        auto events = std::exchange(engine_.events, std::exchange(spare_, {}));
        for (auto& e : events)
            handle(e);
        events.clear();
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
        for (const auto& waiting : std::exchange(unsent_, {}))
            queue(waiting);
        if (hooks_.established)
            hooks_.established();
        return;
    case event::kind::leased:
        for (const auto& waiting : std::exchange(unsent_, {}))
            queue(waiting);
        return;
    case event::kind::request:
        return on_request(e);
    case event::kind::item:
        if (f && f->inbox) {
            f->inbox->put(std::move(e.message));
            if (e.complete)
                f->inbox->finish();
        }
        return;
    case event::kind::completed:
        if (f && f->inbox)
            f->inbox->finish();
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
        return fail_waiting(errc::connection_close, "the peer takes no new requests");
    case event::kind::closed:
        return on_closed(e);
    }
}

void session::on_setup(const event& e) {
    if (const auto why = hooks_.welcome ? hooks_.welcome(*this, e) : std::string(); !why.empty())
        return engine_.refuse(errc::rejected_setup, why);
    metadata_type_ = e.metadata_mime;
    data_type_ = e.data_mime;
    engine_.accept(now());
    if (lease_) {
        engine_.lease(lease_->ttl, lease_->requests, now());
        next_lease_ = now() + lease_->ttl;
    }
}

void session::on_resume(const event& e) {
    const auto other = hooks_.find ? hooks_.find(e.text) : nullptr;
    if (!other || other->over_)
        return engine_.refuse(errc::rejected_resume, "there is no such session");
    const auto w = std::exchange(wire_, {}).lock();
    if (!w)
        return;
    const auto self = std::exchange(w->owner, other);
    other->take_over(w, e);
    over_ = true; // this one was only there to ask
    if (hooks_.closed)
        hooks_.closed(*this, {}, {});
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
        if (hooks_.lost)
            hooks_.lost();
        return;
    }
    if (std::exchange(over_, true))
        return;
    const auto self = shared_from_this();
    const auto why =
        e.error == streamx::errc::closed && transport_error_ ? transport_error_ : e.error;
    fail_waiting(why, e.text);
    linger_ = streamx::detail::later(now(), limits_.shutdown);
    next_lease_.reset();
    if (hooks_.closed)
        hooks_.closed(*this, why, e.text);
    if (wire_.expired() && hooks_.gone)
        hooks_.gone();
    schedule();
    watch();
}

void session::fail_waiting(error_code ec, const std::string& text) {
    auto waiting = std::exchange(unsent_, {});
    for (const auto& f : std::exchange(turns_, {}))
        (f->id == 0 ? waiting : turns_).push_back(f);
    for (const auto& f : waiting) {
        drop_source(*f);
        f->inbox->finish(failure_of(ec, text));
    }
}

// Requests from the peer

template <class R, class Handler, class... Args>
void session::call(const flow_ptr& f, const Handler& handler, request r, Args... args) {
    const auto done = [](const std::shared_ptr<session>& s, const flow_ptr& to, auto&&... result) {
        if constexpr (std::is_same_v<R, payload>)
            s->answered(to, one_payload(s->executor_, std::move(result)...));
        else if constexpr (std::is_same_v<R, any_stream<payload>>)
            s->answered(to, std::move(result)...);
    };
    try {
        if (const auto* plain = std::get_if<0>(&handler)) {
            if constexpr (std::is_void_v<R>)
                (*plain)(std::move(r), std::move(args)...);
            else
                done(shared_from_this(), f, (*plain)(std::move(r), std::move(args)...));
            return;
        }
        f->stop = std::make_shared<asio::cancellation_signal>();
        asio::co_spawn(
            executor_,
            std::get<1>(handler)(std::move(r), std::move(args)...),
            asio::bind_cancellation_slot(
                f->stop->slot(),
                [self = weak_from_this(), f, done](std::exception_ptr e, auto... result) {
                    f->stop.reset();
                    const auto s = self.lock();
                    if (!s || f->dropped)
                        return;
                    if (e)
                        s->failed(f, e);
                    else
                        done(s, f, std::move(result)...);
                }));
    } catch (...) {
        failed(f, std::current_exception());
    }
}

void session::on_request(event& e) {
    const auto f = std::make_shared<flow>(e.type);
    f->owner = weak_from_this();
    f->id = e.stream;
    engine_.attach(e.stream, f);
    request r;
    try {
        if (e.message.metadata)
            r.metadata = request_metadata::decode(*e.message.metadata, metadata_type_);
    } catch (const std::exception& bad) {
        return engine_.fail(e.stream, errc::invalid, bad.what());
    }
    r.route = r.metadata.route;
    r.data_type = r.metadata.data_type.empty() ? data_type_ : r.metadata.data_type;
    r.message = std::move(e.message);
    answer(f, std::move(r), e.n, e.complete);
}

void session::answer(const flow_ptr& f, request r, std::uint32_t, bool complete) {
    const auto refuse = [&] {
        engine_.fail(f->id, errc::rejected, "there is no route '" + r.route + "' for this");
    };
    if (!routes_)
        return refuse();
    switch (f->type) {
    case frame_type::request_stream:
        if (const auto* h = routes_->find_stream(r.route))
            return call<any_stream<payload>>(f, *h, std::move(r));
        return refuse();
    case frame_type::request_response:
        if (const auto* h = routes_->find_response(r.route))
            return call<payload>(f, *h, std::move(r));
        return refuse();
    case frame_type::request_fnf:
        if (const auto* h = routes_->find_forget(r.route))
            call<void>(f, *h, std::move(r));
        return;
    case frame_type::request_channel:
        if (const auto* h = routes_->find_channel(r.route)) {
            f->inbox = std::make_shared<flow_inbox>(executor_, window_);
            f->inbox->from = f;
            f->inbox->put(payload(r.message));
            if (complete)
                f->inbox->finish();
            else
                engine_.grant(f->id, window_);
            return call<any_stream<payload>>(f, *h, std::move(r), payload_stream(f->inbox));
        }
        return refuse();
    default:
        return;
    }
}

void session::answered(const flow_ptr& f, any_stream<payload> source) {
    f->source = std::move(source);
    f->sends = true;
    queue(f);
    schedule();
}

void session::failed(const flow_ptr& f, const std::exception_ptr& failure) {
    drop_source(*f);
    if (f->type != frame_type::request_fnf && f->id != 0)
        engine_.fail(f->id, code_of(failure), what_of(failure));
    if (f->inbox)
        f->inbox->finish(failure);
    schedule();
}

// Sending, in turns

std::shared_ptr<detail::inbox>
session::begin(frame_type type, payload first, std::uint32_t window, any_stream<payload> source) {
    const auto f = std::make_shared<flow>(type);
    f->owner = weak_from_this();
    f->mine = true;
    f->window = std::max(std::min(window, max_31), 1U);
    f->first = std::move(first);
    f->source = std::move(source);
    f->sends = type == frame_type::request_channel;
    f->inbox = std::make_shared<flow_inbox>(executor_, f->window);
    f->inbox->from = f;
    // Until it is sent, nobody else keeps it.
    if (over_) {
        f->inbox->finish(failure_of(streamx::errc::closed, "rsocket: the connection is closed"));
        return f->inbox;
    }
    queue(f);
    schedule();
    return f->inbox;
}

void session::queue(const flow_ptr& f) {
    if (!std::exchange(f->queued, true))
        turns_.push_back(f);
}

/// True if it has more to send, and is to have another turn.
bool session::turn(const flow_ptr& f) {
    if (f->dropped && f->id == 0)
        return false;
    if (f->id == 0)
        return send_request(f);
    if (engine_.has_fragments(f->id)) {
        engine_.send_fragment(f->id);
        return true;
    }
    if (f->type == frame_type::request_fnf) {
        f->inbox->finish();
        return false;
    }
    return f->sends && send_items(f);
}

/// Waits for more from the source.
void session::wait_for_source(const flow_ptr& f) {
    f->waiting = true;
    f->source.async_wait(asio::bind_executor(executor_, [self = weak_from_this(), f](error_code) {
        f->waiting = false;
        const auto s = self.lock();
        if (!s || f->dropped || !f->sends)
            return;
        s->queue(f);
        s->pump();
    }));
}

/// Passes an item of the source on. False: there is none, now or any more, and that was dealt with. The
/// source's failure is the stream's.
template <class Fn>
bool session::pull(const flow_ptr& f, Fn pass_on) {
    if (f->waiting)
        return false;
    try {
        auto item = f->source.try_next();
        if (f->dropped) { // by what the source did itself
            drop_source(*f);
        } else if (item) {
            pass_on(*std::move(item));
            return true;
        } else if (item.is_pending()) {
            wait_for_source(f);
        } else {
            f->sends = false;
            f->source = {};
            if (f->id == 0) // nothing to ask with: as if the peer had completed it
                f->inbox->finish();
            else
                engine_.complete(f->id);
        }
    } catch (...) {
        f->sends = false;
        failed(f, std::current_exception());
    }
    return false;
}

bool session::send_request(const flow_ptr& f) {
    if (engine_.draining()) {
        drop_source(*f);
        f->inbox->finish(failure_of(errc::connection_close, "the peer takes no new requests"));
        return false;
    }
    if (f->type == frame_type::metadata_push) {
        engine_.push_metadata(*f->first.metadata);
        f->inbox->finish();
        return false;
    }
    if (!engine_.may_request(now())) {
        unsent_.push_back(f);
        return false;
    }
    if (f->type == frame_type::request_channel) {
        const auto put_in = [&](payload&& item) {
            f->first.data = std::move(item.data);
            if (item.metadata && !f->first.metadata)
                f->first.metadata = std::move(item.metadata);
        };
        if (!pull(f, put_in))
            return false;
    }
    f->id = engine_.request(f->type, std::move(f->first), f->window, false, f);
    if (f->id == 0) {
        drop_source(*f);
        f->inbox->finish(failure_of(streamx::errc::full, "rsocket: every stream id is in use"));
        return false;
    }
    return true;
}

bool session::send_items(const flow_ptr& f) {
    const bool single = f->type == frame_type::request_response;
    const auto full = engine_.out.size() + bytes_a_turn;
    for (unsigned left = items_a_turn; left != 0; --left) {
        if (engine_.credit(f->id) == 0)
            return engine_.has_fragments(f->id);
        if (!pull(f, [&](payload&& item) { engine_.send(f->id, std::move(item), single); }))
            return false;
        if (single && !engine_.has_fragments(f->id)) {
            drop_source(*f);
            return false;
        }
        if (!engine_.has_room() || engine_.out.size() > full)
            return true;
    }
    return true;
}

void session::drop_source(flow& f) {
    f.dropped = true;
    f.sends = false;
    if (f.stop)
        f.stop->emit(asio::cancellation_type::terminal);
    auto dead = std::move(f.source);
    f.source = {};
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

} // namespace streamx::rsocket
