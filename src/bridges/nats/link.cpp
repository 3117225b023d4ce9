#include "link.hpp"

#include "blocking_jobs.hpp"
#include "client_options.hpp"
#include "names.hpp"

#include <boost/asio/post.hpp>

#include <charconv>
#include <random>
#include <thread>
#include <utility>

namespace streamx::nats::detail {
namespace {

/// Of a long burst so much leaves at a time: the server has it while the rest is made.
constexpr std::size_t at_a_time = 32 * 1024;

/// What the server finds in every message, its log and its replicas', as where the answer goes and in
/// the id: so it is short, and yet nobody else's. 71 bits.
std::string random_word() {
    static constexpr std::string_view letters =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::random_device random;
    std::uniform_int_distribution<std::size_t> any(0, letters.size() - 1);
    std::string word(12, '\0');
    for (auto& c : word)
        c = letters[any(random)];
    return word;
}

/// How long a context that goes waits for a server to say that it has had everything.
constexpr std::chrono::milliseconds last_word{500};

} // namespace

link::link(asio::any_io_executor ex, connect_options options)
    : ex_(std::move(ex)), options_(std::move(options)), events_(ex_, connection_event{}),
      socket_(*this) {}

link::~link() {
    if (auto* nc = nc_.load())
        natsConnection_Destroy(nc); // closed before: it does not block
}

std::shared_ptr<alarm> link::make_alarm(std::function<void()> ring) {
    return std::make_shared<alarm>(ex_, [weak = weak_from_this(), ring = std::move(ring)] {
        if (const auto self = weak.lock()) {
            std::lock_guard lock(self->mutex);
            ring();
        }
    });
}

// ------------------------------------------------------------------------------------- its beginning

void link::connect(
    asio::any_io_executor ex, connect_options options, const answer_ptr<link_ptr>& done) {
    auto self = std::make_shared<link>(std::move(ex), std::move(options));
    if (const auto ec = obvious_error(self->options_))
        return done->complete(ec);
    auto& jobs = asio::use_service<blocking_jobs>(self->context());
    jobs.add(self);
    jobs.run([self, done]() mutable {
        self->connect_now(done);
        let_go(std::move(self), std::move(done));
    });
}

/// These run on a thread of the library's; the last of them is the one that says closed.
natsStatus link::set_callbacks(natsOptions* o) {
    auto s = natsOptions_SetDisconnectedCB(
        o,
        [](natsConnection*, void* self) {
            auto l = static_cast<link*>(self)->shared_from_this();
            asio::post(l->ex_, [l] {
                if (!l->is_connected())
                    l->report(connection_state::reconnecting);
            });
        },
        this);
    if (s == NATS_OK)
        s = natsOptions_SetReconnectedCB(
            o,
            [](natsConnection*, void* self) {
                auto l = static_cast<link*>(self)->shared_from_this();
                asio::post(l->ex_, [l] { l->reconnected(); });
            },
            this);
    if (s == NATS_OK)
        s = natsOptions_SetClosedCB(
            o,
            [](natsConnection*, void* self) {
                // No reference here: it could be the last, and the link must not die on this thread,
                // beside its context's end. `keep_` holds the link until this has said that it is
                // closed.
                auto* l = static_cast<link*>(self);
                if (!l->closing_) // given up
                    asio::post(l->ex_, [own = l->shared_from_this()] { own->close(); });
                std::lock_guard lock(l->closed_mutex_);
                l->closed_ = true;
                l->closed_changed_.notify_all();
            },
            this);
    return s;
}

void link::connect_now(const answer_ptr<link_ptr>& done) {
    natsOptions* o = nullptr;
    auto s = natsOptions_Create(&o);
    if (s == NATS_OK) {
        inbox_ = "_INBOX." + random_word();
        requests_ = std::make_shared<requests>(*this);
        close_alarm_ = make_alarm([this] { close_now(); });
        s = set_options(o, options_);
    }
    if (s == NATS_OK)
        s = set_callbacks(o);
    if (s == NATS_OK)
        s = socket_.hook_into(o);
    keep_ = shared_from_this();
    natsConnection* nc = nullptr;
    // nats.c before 3.8 leaves out a signature that begins with a zero byte, as one in 256 does. Who is
    // asked again has something else to sign.
    const bool signs = !options_.credentials.nkey.empty() || !options_.credentials.file.empty();
    if (s == NATS_OK)
        s = natsConnection_Connect(&nc, o);
    if (s == NATS_CONNECTION_AUTH_FAILED && signs)
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
    connected(nc);
    // The handle: when the last one is gone, the connection closes.
    done->complete({}, link_ptr(this, [self = shared_from_this()](link*) { self->close(); }));
}

void link::connected(natsConnection* nc) {
    std::lock_guard lock(mutex);
    nc_ = nc;
    is_up_ = true;
    subscribe(requests_->inbox(), {}, requests_, -1);
    report(connection_state::connected);
}

void link::reconnected() {
    std::lock_guard lock(mutex);
    report(connection_state::connected);
    each_member([](link_member& m) { m.on_reconnected(); });
}

void link::report(connection_state state) {
    std::lock_guard lock(mutex);
    if (closing_ && state != connection_state::closed)
        return;
    if (state == connection_state::connected)
        max_payload_ = static_cast<std::size_t>(natsConnection_GetMaxPayload(nc_));
    events_.update([&](connection_event& e) {
        // It may have been lost for so short a time that nobody has said so.
        e.reconnects += state == connection_state::connected && !e.server.empty();
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

bool link::is_connected() const {
    auto* nc = nc_.load();
    return nc && !closing_ && natsConnection_Status(nc) == NATS_CONN_STATUS_CONNECTED;
}

// ----------------------------------------------------------------------------------- while it is there

std::size_t link::buffered() const {
    const int n = natsConnection_Buffered(nc_);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
}

error_code link::publish(const char* subject, const char* reply, std::string_view payload) {
    auto* nc = nc_.load();
    const auto size = static_cast<int>(payload.size());
    return client_error(
        reply ? natsConnection_PublishRequest(nc, subject, reply, payload.data(), size)
              : natsConnection_Publish(nc, subject, payload.data(), size));
}

error_code link::publish(natsMsg* m) {
    const auto s = natsConnection_PublishMsg(nc_, m);
    if (s == NATS_OK && buffered() >= at_a_time)
        socket_.write();
    return client_error(s);
}

void link::request(
    const std::string& subject,
    std::string_view payload,
    std::chrono::milliseconds timeout,
    request_handler then) {
    std::lock_guard lock(mutex);
    if (closing_)
        return then(errc::connection_closed, {});
    requests_->ask(subject, payload, timeout, std::move(then));
}

void link::round_trip(std::chrono::milliseconds timeout, request_handler then) {
    std::lock_guard lock(mutex);
    if (closing_)
        return then(errc::connection_closed, {});
    requests_->round_trip(timeout, std::move(then));
}

void link::pause(std::chrono::milliseconds time, std::function<void(error_code)> then) {
    std::lock_guard lock(mutex);
    if (closing_)
        return then(errc::connection_closed);
    requests_->pause(time, std::move(then));
}

error_code link::subscribe(
    const std::string& subject,
    const std::string& queue,
    const std::shared_ptr<link_member>& m,
    int limit) {
    std::lock_guard lock(mutex);
    if (closing_)
        return errc::connection_closed;
    return subscriptions_.add(nc_, subject, queue, m, limit);
}

void link::unsubscribe(const link_member* m) {
    std::lock_guard lock(mutex);
    subscriptions_.remove(m);
}

void link::on_written() {
    each_member([](link_member& m) { m.on_writable(); });
    close_when_flushed();
}

template <class F>
void link::each_member(F f) {
    std::erase_if(members_, [](const auto& weak) { return weak.expired(); });
    const auto members = members_; // one may join or end by what it is told
    for (const auto& weak : members)
        if (auto alive = weak.lock())
            f(*alive);
}

// ------------------------------------------------------------------------------------------ its end

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
    requests_->fail(errc::connection_closed);
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
        return; // `on_written` comes back here
    close_now();
}

void link::close_now() {
    if (std::exchange(close_started_, true))
        return;
    close_alarm_->silence();
    subscriptions_.clear();
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
        socket_.close();
        report(connection_state::closed);
        events_.close();
        close_finished_ = true;
        waiters.swap(close_waiters_);
    }
    for (auto& w : waiters)
        w->complete({});
}

void link::abandon() {
    bool is_first = false;
    {
        std::lock_guard lock(mutex);
        if (!is_up_)
            return socket_
                .close(); // still connecting: its thread is joined, and then comes back here
        is_first = !std::exchange(close_started_, true);
        if (is_first) {
            if (!closing_.exchange(true))
                each_member([](link_member& m) { m.on_closed(); });
            requests_->drop();
            subscriptions_.clear();
        }
    }
    std::thread closing;
    if (is_first)
        closing = std::thread([this] {
            if (natsConnection_Status(nc_) == NATS_CONN_STATUS_CONNECTED)
                natsConnection_FlushTimeout(nc_, last_word.count());
            close_and_wait();
            nats_ReleaseThreadMemory();
        });
    // The context does not serve the socket any more, and the library waits for a last word there.
    socket_.serve_until([this] {
        std::lock_guard lock(closed_mutex_);
        return closed_;
    });
    if (is_first) {
        closing.join();
        keep_.reset();
    }
}

// ----------------------------------------------------------------------------- what the headers call

std::uint64_t last_number(std::string_view subject) {
    std::uint64_t number = 0;
    std::from_chars(
        subject.data() + subject.rfind('.') + 1, subject.data() + subject.size(), number);
    return number;
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
    if (!is_subject(subject))
        return done->complete(errc::invalid_name);
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
