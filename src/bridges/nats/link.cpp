#include "link.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <unistd.h>

namespace streamx::nats::detail {
namespace {

/// A descriptor on its way to the executor.
struct owned_fd {
    explicit owned_fd(int n) noexcept : number(n) {}
    owned_fd(owned_fd&& other) noexcept : number(std::exchange(other.number, -1)) {}
    ~owned_fd() {
        if (number >= 0)
            ::close(number);
    }
    int number;
};

constexpr auto pause_while_connecting = std::chrono::milliseconds(2);

/// Of a long burst so much leaves at a time: the server has it while the rest is made.
constexpr std::size_t at_a_time = 32 * 1024;

} // namespace

void blocking_jobs::run(std::function<void()> job) {
    std::unique_lock lock(mutex_);
    if (down_) { // who calls is what is waited for
        lock.unlock();
        return job();
    }
    workers_.remove_if([](worker& w) {
        if (!w.done)
            return false;
        w.thread.join();
        return true;
    });
    auto& w = workers_.emplace_back();
    w.thread = std::thread([&w, job = std::move(job)]() mutable {
        job();
        job = nullptr;
        nats_ReleaseThreadMemory();
        w.done = true;
    });
}

void blocking_jobs::add(const link_ptr& l) {
    std::lock_guard lock(mutex_);
    std::erase_if(links_, [](const auto& weak) { return weak.expired(); });
    links_.push_back(l);
}

void blocking_jobs::shutdown() {
    {
        std::lock_guard lock(mutex_);
        down_ = true;
    }
    for (auto& weak : links_)
        if (auto alive = weak.lock())
            alive->abandon();
    for (auto& w : workers_)
        w.thread.join();
    workers_.clear();
    for (auto& weak : links_) // what was connecting when the context went
        if (auto alive = weak.lock())
            alive->abandon();
    links_.clear();
}

/// Where the answers to requests arrive.
class link::request_inbox final : public link_member {
public:
    explicit request_inbox(link& l) : link_(l) {}
    void on_message(message m) override { link_.answered(m); }
    void on_no_responders() override {
        auto& all = link_.requests_;
        const auto asked = [](const auto& r) { return r.second.asked; };
        const auto first = std::find_if(all.begin(), all.end(), asked);
        if (first == all.end() || std::find_if(std::next(first), all.end(), asked) != all.end())
            return; // the library does not say whose
        const auto then = std::move(first->second.then);
        all.erase(first);
        then(errc::no_responders, {});
    }

private:
    link& link_;
};

link::link(asio::any_io_executor ex, connect_options options)
    : ex_(std::move(ex)), options_(std::move(options)), events_(ex_, connection_event{}) {}

link::~link() {
    if (auto* nc = nc_.load())
        natsConnection_Destroy(nc); // closed before: it does not block
}

void link::connect(
    asio::any_io_executor ex, connect_options options, const answer_ptr<link_ptr>& done) {
    auto self = std::make_shared<link>(std::move(ex), std::move(options));
    auto& jobs = asio::use_service<blocking_jobs>(self->context());
    jobs.add(self);
    jobs.run([self, done]() mutable {
        self->connect_now(done);
        let_go(std::move(self), std::move(done));
    });
}

natsStatus link::configure(natsOptions* o) {
    natsStatus s = NATS_OK;
    const auto set = [&s](bool wanted, auto option, auto... values) {
        if (s == NATS_OK && wanted)
            s = option(values...);
    };
    std::vector<const char*> servers;
    for (const auto& server : options_.servers)
        servers.push_back(server.c_str());
    const auto& who = options_.credentials;
    const auto& tls = options_.tls;
    const auto& again = options_.reconnect;
    const auto or_null = [](const std::string& text) {
        return text.empty() ? nullptr : text.c_str();
    };

    set(true, natsOptions_SetServers, o, servers.data(), static_cast<int>(servers.size()));
    set(!options_.name.empty(), natsOptions_SetName, o, options_.name.c_str());
    set(!who.user.empty(), natsOptions_SetUserInfo, o, who.user.c_str(), who.password.c_str());
    set(!who.token.empty(), natsOptions_SetToken, o, who.token.c_str());
    set(!who.file.empty(),
        natsOptions_SetUserCredentialsFromFiles,
        o,
        who.file.c_str(),
        static_cast<const char*>(nullptr));
    set(!who.nkey.empty(), natsOptions_SetNKeyFromSeed, o, who.nkey.c_str(), who.seed_file.c_str());
    set(tls.enabled, natsOptions_SetSecure, o, true);
    set(!tls.ca_file.empty(), natsOptions_LoadCATrustedCertificates, o, tls.ca_file.c_str());
    set(!tls.certificate_file.empty(),
        natsOptions_LoadCertificatesChain,
        o,
        or_null(tls.certificate_file),
        or_null(tls.key_file));
    set(!tls.hostname.empty(), natsOptions_SetExpectedHostname, o, tls.hostname.c_str());
    set(!tls.verify, natsOptions_SkipServerVerification, o, true);
    set(true, natsOptions_SetTimeout, o, options_.timeout.count());
    set(true, natsOptions_SetPingInterval, o, options_.ping_interval.count());
    set(true, natsOptions_SetMaxPingsOut, o, options_.max_pings_out);
    set(true, natsOptions_SetAllowReconnect, o, again.enabled);
    set(true, natsOptions_SetMaxReconnect, o, again.max_attempts);
    set(true, natsOptions_SetReconnectWait, o, again.wait.count());
    set(true, natsOptions_SetReconnectJitter, o, again.jitter.count(), again.jitter.count());
    set(true, natsOptions_SetIOBufSize, o, 256 * 1024);
    set(true, natsOptions_SetSendAsap, o, true); // no thread that flushes
    set(true, natsOptions_SetEventLoop, o, this, attach, read_add_remove, write_add_remove, detach);
    // These run on a thread of the library's; the last of them is the one that says closed.
    set(
        true,
        natsOptions_SetDisconnectedCB,
        o,
        [](natsConnection*, void* self) {
            auto l = static_cast<link*>(self)->shared_from_this();
            asio::post(l->ex_, [l] {
                if (!l->is_connected())
                    l->report(connection_state::reconnecting);
            });
        },
        static_cast<void*>(this));
    set(
        true,
        natsOptions_SetReconnectedCB,
        o,
        [](natsConnection*, void* self) {
            auto l = static_cast<link*>(self)->shared_from_this();
            asio::post(l->ex_, [l] {
                std::lock_guard lock(l->mutex);
                l->report(connection_state::connected);
                l->each_member([](link_member& m) { m.on_reconnected(); });
            });
        },
        static_cast<void*>(this));
    set(
        true,
        natsOptions_SetClosedCB,
        o,
        [](natsConnection*, void* self) {
            // No reference here: it could be the last, and the link must not die on this thread, beside
            // its context's end. `keep_` holds the link until this has said that it is closed.
            auto* l = static_cast<link*>(self);
            if (!l->closing_) // given up
                asio::post(l->ex_, [own = l->shared_from_this()] { own->close(); });
            std::lock_guard lock(l->closed_mutex_);
            l->closed_ = true;
            l->closed_changed_.notify_all();
        },
        static_cast<void*>(this));
    return s;
}

void link::connect_now(const answer_ptr<link_ptr>& done) {
    natsOptions* o = nullptr;
    auto s = natsOptions_Create(&o);
    if (s == NATS_OK)
        s = configure(o);
    keep_ = shared_from_this();
    natsConnection* nc = nullptr;
    if (s == NATS_OK)
        s = natsConnection_Connect(&nc, o);
    natsOptions_Destroy(o);
    if (s != NATS_OK) {
        {
            std::lock_guard lock(mutex);
            closing_ = close_started_ = close_finished_ = true;
            nc_ = nullptr;
        }
        return done->complete(client_error(s));
    }
    nc_ = nc;
    {
        std::lock_guard lock(mutex);
        natsInbox* inbox = nullptr;
        if (natsInbox_Create(&inbox) == NATS_OK)
            inbox_ = inbox;
        natsInbox_Destroy(inbox);
        const auto weak = weak_from_this();
        request_inbox_ = std::make_shared<request_inbox>(*this);
        request_alarm_ = std::make_shared<alarm>(ex_, [weak] {
            if (auto self = weak.lock())
                self->expire_requests();
        });
        rearm_ = std::make_shared<alarm>(ex_, [weak] {
            if (auto self = weak.lock()) {
                std::lock_guard relock(self->mutex);
                self->arm_read();
            }
        });
        close_alarm_ = std::make_shared<alarm>(ex_, [weak] {
            if (auto self = weak.lock()) {
                std::lock_guard relock(self->mutex);
                self->close_now();
            }
        });
        subscribe(inbox_ + ".r.*", {}, request_inbox_, -1);
        report(connection_state::connected);
    }
    // The handle: when the last one is gone, the connection closes.
    done->complete({}, link_ptr(this, [self = shared_from_this()](link*) { self->close(); }));
}

natsStatus link::attach(void** user, void* loop, natsConnection* nc, natsSock socket) {
    auto* self = static_cast<link*>(loop);
    *user = self;
    self->nc_ = nc;
    const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        return NATS_IO_ERROR;
    asio::post(
        self->ex_,
        [l = self->shared_from_this(), fd = owned_fd(copy), g = ++self->generation_]() mutable {
            std::lock_guard lock(l->mutex);
            if (g == l->generation_ && !l->close_started_)
                l->adopt(std::exchange(fd.number, -1), g);
        });
    return NATS_OK;
}

natsStatus link::read_add_remove(void* user, bool add) {
    auto* self = static_cast<link*>(user);
    if (add)
        return NATS_OK;
    const auto g = ++self->generation_;
    asio::post(self->ex_, [l = self->shared_from_this(), g] {
        std::lock_guard lock(l->mutex);
        if (l->fd_ && l->fd_generation_ < g)
            l->fd_.reset();
    });
    return NATS_OK;
}

natsStatus link::write_add_remove(void* user, bool add) {
    auto* self = static_cast<link*>(user);
    self->want_write_ = add;
    if (add && !self->flush_posted_.exchange(true))
        asio::post(self->ex_, [l = self->shared_from_this()] {
            l->flush_posted_ = false;
            l->flush();
        });
    return NATS_OK;
}

natsStatus link::detach(void*) { return NATS_OK; }

void link::adopt(int fd, unsigned generation) {
    fd_.emplace(ex_, fd);
    fd_generation_ = generation;
    write_waiting_ = false;
    arm_read();
    if (want_write_)
        flush();
}

void link::arm_read() {
    if (fd_)
        fd_->async_wait(
            asio::posix::stream_descriptor::wait_read,
            [self = shared_from_this(), g = fd_generation_](error_code ec) {
                self->on_readable(g, ec);
            });
}

void link::on_readable(unsigned generation, error_code ec) {
    std::lock_guard lock(mutex);
    if (ec || !fd_ || generation != fd_generation_)
        return;
    natsConnection_ProcessReadEvent(nc_);
    for (auto s = subscriptions_.begin(); s != subscriptions_.end();) {
        auto& current = *s++;
        drain(current);
    }
    if (!fd_ || generation != fd_generation_)
        return;
    // While the library connects again it ignores some events, and has to be told again.
    if (natsConnection_Status(nc_) == NATS_CONN_STATUS_CONNECTED)
        arm_read();
    else
        rearm_->set(pause_while_connecting);
}

/// Writes what the socket takes; when it takes no more, `flush` goes on as soon as it does.
void link::write() {
    if (!want_write_ || !fd_ || write_waiting_)
        return;
    natsConnection_ProcessWriteEvent(nc_);
    if (!want_write_ || !fd_)
        return;
    write_waiting_ = true;
    fd_->async_wait(
        asio::posix::stream_descriptor::wait_write,
        [self = shared_from_this(), g = fd_generation_](error_code ec) {
            {
                std::lock_guard relock(self->mutex);
                if (g != self->fd_generation_)
                    return;
                self->write_waiting_ = false;
            }
            if (!ec)
                self->flush();
        });
}

void link::flush() {
    std::lock_guard lock(mutex);
    write();
    if (!fd_ || write_waiting_)
        return;
    each_member([](link_member& m) { m.on_writable(); });
    close_when_flushed();
}

void link::drain(subscription& s) {
    const auto alive = s.alive.lock();
    if (!alive)
        return;
    int pending = 0;
    natsSubscription_GetPending(s.native, &pending, nullptr);
    if (pending == 0)
        return;
    auto* native = s.native; // `s` may be gone after a message
    for (auto room = alive->room(); pending > 0 && room > 0; --room) {
        natsMsg* m = nullptr;
        const auto status = natsSubscription_NextMsg(&m, native, 0);
        if (status == NATS_OK) {
            --pending;
            alive->on_message(message(m));
        } else if (status == NATS_NO_RESPONDERS) {
            --pending;
            alive->on_no_responders();
        } else if (status == NATS_SLOW_CONSUMER) {
            alive->on_dropped();
        } else {
            break;
        }
    }
    alive->on_read();
}

void link::drain(const link_member* m) {
    for (auto& s : subscriptions_)
        if (s.member == m)
            return drain(s);
}

bool link::is_connected() const {
    auto* nc = nc_.load();
    return nc && !closing_ && natsConnection_Status(nc) == NATS_CONN_STATUS_CONNECTED;
}

std::size_t link::buffered() const {
    const int n = natsConnection_Buffered(nc_);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
}

error_code link::publish(const char* subject, const char* reply, std::string_view payload) {
    auto* nc = nc_.load();
    const auto size = static_cast<int>(payload.size());
    const auto s = reply ? natsConnection_PublishRequest(nc, subject, reply, payload.data(), size)
                         : natsConnection_Publish(nc, subject, payload.data(), size);
    return s == NATS_OK ? error_code() : client_error(s);
}

error_code link::publish(natsMsg* m) {
    const auto s = natsConnection_PublishMsg(nc_, m);
    if (s != NATS_OK)
        return client_error(s);
    if (buffered() >= at_a_time)
        write();
    return {};
}

error_code link::subscribe(
    const std::string& subject,
    const std::string& queue,
    const std::shared_ptr<link_member>& m,
    int limit) {
    std::lock_guard lock(mutex);
    if (close_started_)
        return errc::connection_closed;
    natsSubscription* native = nullptr;
    const auto s =
        queue.empty()
            ? natsConnection_SubscribeSync(&native, nc_, subject.c_str())
            : natsConnection_QueueSubscribeSync(&native, nc_, subject.c_str(), queue.c_str());
    if (s != NATS_OK)
        return client_error(s);
    natsSubscription_SetPendingLimits(native, limit, -1);
    subscriptions_.push_back({native, m.get(), m});
    return {};
}

void link::unsubscribe(const link_member* m) {
    std::lock_guard lock(mutex);
    subscriptions_.remove_if([m](const subscription& s) {
        if (s.member != m)
            return false;
        natsSubscription_Unsubscribe(s.native);
        natsSubscription_Destroy(s.native);
        return true;
    });
}

void link::request(
    const std::string& subject,
    std::string_view payload,
    std::chrono::milliseconds timeout,
    request_handler then) {
    std::lock_guard lock(mutex);
    if (closing_)
        return then(errc::connection_closed, {});
    const auto number = ++last_request_;
    const auto reply = inbox_ + ".r." + std::to_string(number);
    if (const auto ec = publish(subject.c_str(), reply.c_str(), payload))
        return then(ec, {});
    wait_for(number, {std::move(then), streamx::detail::later(now(), timeout)});
}

void link::round_trip(std::chrono::milliseconds timeout, request_handler then) {
    std::lock_guard lock(mutex);
    if (closing_)
        return then(errc::connection_closed, {});
    const auto number = ++last_request_;
    if (const auto ec = publish((inbox_ + ".r." + std::to_string(number)).c_str(), nullptr, {}))
        return then(ec, {});
    wait_for(number, {std::move(then), streamx::detail::later(now(), timeout), false});
}

void link::pause(std::chrono::milliseconds time, std::function<void(error_code)> then) {
    std::lock_guard lock(mutex);
    if (closing_)
        return then(errc::connection_closed);
    auto over = [then = std::move(then)](error_code ec, const message&) {
        then(ec == asio::error::timed_out ? error_code() : ec);
    };
    wait_for(++last_request_, {std::move(over), streamx::detail::later(now(), time), false});
}

void link::wait_for(std::uint64_t number, request_state r) {
    const auto due = r.due;
    requests_.emplace(number, std::move(r));
    if (due < next_due_)
        request_alarm_->set((next_due_ = due) - now());
}

void link::answered(const message& m) {
    const auto subject = m.subject();
    std::uint64_t number = 0;
    std::from_chars(
        subject.data() + subject.rfind('.') + 1, subject.data() + subject.size(), number);
    if (const auto found = requests_.find(number); found != requests_.end()) {
        auto then = std::move(found->second.then);
        requests_.erase(found);
        then({}, m);
    }
}

void link::expire_requests() {
    std::lock_guard lock(mutex);
    const auto at = now();
    next_due_ = clock::time_point::max();
    std::vector<request_handler> late;
    for (auto r = requests_.begin(); r != requests_.end();) {
        if (r->second.due <= at) {
            late.push_back(std::move(r->second.then));
            r = requests_.erase(r);
        } else {
            next_due_ = std::min(next_due_, r++->second.due);
        }
    }
    if (next_due_ != clock::time_point::max())
        request_alarm_->set(next_due_ - at);
    for (auto& then : late)
        then(asio::error::timed_out, {});
}

void link::report(connection_state state) {
    std::lock_guard lock(mutex);
    if (closing_ && state != connection_state::closed)
        return;
    events_.update([&](connection_event& e) {
        e.reconnects +=
            e.state == connection_state::reconnecting && state == connection_state::connected;
        e.state = state;
        e.reason = {};
        if (state == connection_state::connected) {
            char url[256] = {};
            natsConnection_GetConnectedUrl(nc_, url, sizeof url);
            e.server = url;
        } else {
            const char* text = nullptr;
            const auto s = natsConnection_GetLastError(nc_, &text);
            if (s != NATS_OK)
                e.reason = client_error(s);
        }
        return true;
    });
}

template <class F>
void link::each_member(F f) {
    std::erase_if(members_, [](const auto& weak) { return weak.expired(); });
    const auto members = members_; // one may join or end by what it is told
    for (const auto& weak : members)
        if (auto alive = weak.lock())
            f(*alive);
}

void link::close(answer_ptr<nothing> done) {
    std::lock_guard lock(mutex);
    if (done) {
        if (close_finished_)
            return done->complete({});
        close_waiters_.push_back(std::move(done));
    }
    if (closing_.exchange(true))
        return;
    each_member([](link_member& m) { m.on_closed(); });
    for (auto& [number, r] : std::exchange(requests_, {}))
        r.then(errc::connection_closed, {});
    request_alarm_->silence();
    close_alarm_->set(options_.close_timeout);
    asio::post(ex_, [self = shared_from_this()] { // this may be called while messages are given out
        std::lock_guard relock(self->mutex);
        self->close_when_flushed();
    });
}

void link::close_when_flushed() {
    if (!closing_ || close_started_)
        return;
    if (natsConnection_Status(nc_) == NATS_CONN_STATUS_CONNECTED && buffered() != 0)
        return; // `flush` comes back here
    close_now();
}

void link::close_now() {
    if (std::exchange(close_started_, true))
        return;
    close_alarm_->silence();
    rearm_->silence();
    for (auto& s : std::exchange(subscriptions_, {}))
        natsSubscription_Destroy(s.native);
    // The socket is served on meanwhile: the library waits for a last word of the server's.
    asio::use_service<blocking_jobs>(context()).run([self = shared_from_this()]() mutable {
        self->close_and_wait();
        let_go(std::move(self), {});
    });
}

/// The last references go on the executor: on a thread of our own they could go beside its context's
/// end.
void link::let_go(link_ptr self, answer_ptr<link_ptr> done) {
    const auto ex = self->ex_;
    auto keep = std::move(self->keep_);
    asio::post(ex, [self = std::move(self), keep = std::move(keep), done = std::move(done)] {});
}

void link::close_and_wait() {
    natsConnection_Close(nc_);
    {
        std::unique_lock lock(closed_mutex_);
        closed_changed_.wait(lock, [this] { return closed_; });
    }
    std::vector<answer_ptr<nothing>> waiters;
    {
        std::lock_guard lock(mutex);
        fd_.reset();
        report(connection_state::closed);
        events_.close();
        close_finished_ = true;
        waiters.swap(close_waiters_);
    }
    for (auto& w : waiters)
        w->complete({});
}

/// The context goes: what it serves has to be over before.
void link::abandon() {
    {
        std::lock_guard lock(mutex);
        fd_.reset();
        if (!nc_ || std::exchange(close_started_, true))
            return; // its thread is joined
        if (!closing_.exchange(true))
            each_member([](link_member& m) { m.on_closed(); });
        for (auto& s : std::exchange(subscriptions_, {}))
            natsSubscription_Destroy(s.native);
        std::exchange(requests_, {}).clear();
    }
    close_and_wait();
    keep_.reset();
}

void connect(asio::any_io_executor ex, connect_options options, answer_ptr<link_ptr> done) {
    link::connect(std::move(ex), std::move(options), done);
}

void close(const link_ptr& l, const answer_ptr<nothing>& done) { l->close(done); }

void request(
    const link_ptr& l,
    const std::string& subject,
    std::string_view payload,
    std::chrono::milliseconds timeout,
    const answer_ptr<std::string>& done) {
    l->request(subject, payload, timeout, [done](error_code ec, const message& m) {
        if (ec)
            done->complete(ec);
        else
            done->complete({}, std::string(m.payload()));
    });
}

asio::any_io_executor executor_of(const link& l) { return l.executor(); }

} // namespace streamx::nats::detail

namespace streamx::nats {

watcher<connection_event> connection::events() const { return link_->events().subscribe(); }
connection_event connection::status() const { return link_->events().get(); }

} // namespace streamx::nats
