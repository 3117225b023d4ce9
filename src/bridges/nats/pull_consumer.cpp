#include "pull_consumer.hpp"

#include <streamx/core/detail/checked.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace streamx::nats::detail {
namespace {

constexpr auto pause = std::chrono::milliseconds(100);

} // namespace

pull_consumer::pull_consumer(const link_ptr& l, source_options o)
    : link_(l), options_(std::move(o)), inbox_(l->new_inbox()), consumer_(options_.durable) {
    streamx::detail::checked_size(
        options_.capacity, "jetstream_source: capacity must be at least 1");
    streamx::detail::checked_size(options_.batch, "jetstream_source: batch must be at least 1");
    executor = l->executor();
    options_.batch = std::min(options_.batch, options_.capacity);
    if (options_.max_ack_pending == 0)
        options_.max_ack_pending = std::max<std::size_t>(4096, 4 * options_.capacity);
}

void pull_consumer::start() {
    std::lock_guard lock(link_->mutex);
    const auto when = [this](void (pull_consumer::*what)()) {
        return std::make_shared<alarm>(executor, [weak = weak_from_this(), what] {
            const auto self = weak.lock();
            if (!self)
                return;
            std::lock_guard relock(self->link_->mutex);
            if (!self->stopped_ && !self->failure_)
                (*self.*what)();
        });
    };
    silence_ = when(&pull_consumer::watch_time);
    retry_ = when(&pull_consumer::pump);
    if (options_.auto_in_progress && !ordered()) {
        // Also when the source is gone, as long as there are deliveries, which hold us.
        progress_ = std::make_shared<alarm>(executor, [weak = weak_from_this()] {
            if (auto self = weak.lock()) {
                std::lock_guard relock(self->link_->mutex);
                self->tell_in_progress();
            }
        });
        progress_->set(options_.ack_wait / 3);
    }
    if (link_->is_closing())
        return fail(errc::connection_closed);
    // A reset may find what it asked for before still on its way: room for that as well.
    const auto limit = static_cast<int>(2 * options_.capacity + 16);
    if (const auto ec = link_->subscribe(inbox_ + ".*", {}, shared_from_this(), limit))
        return fail(ec);
    link_->join(weak_from_this());
    if (options_.consumer_exists && !ordered()) {
        created_ = true;
        pump();
    } else {
        create();
    }
}

void pull_consumer::create() {
    if (std::exchange(creating_, true))
        return;
    consumer_config c{.stream = options_.stream, .durable = options_.durable};
    c.deliver_from = ordered() && last_sequence_ != 0 ? deliver_from::sequence(last_sequence_ + 1)
                                                      : options_.deliver_from;
    c.filter_subject = options_.filter_subject;
    c.ack_wait = options_.ack_wait;
    c.max_deliver = options_.max_deliver;
    c.max_ack_pending = options_.max_ack_pending;
    call_api(
        link_,
        consumer_subject(c),
        consumer_json(c, ordered()),
        is_first_ ? ensure_timeout : std::chrono::hours(24),
        [weak = weak_from_this()](error_code ec, const message& m) {
            if (auto self = weak.lock())
                self->created(ec, m);
        });
}

void pull_consumer::created(error_code ec, const message& m) {
    creating_ = false;
    if (stopped_ || failure_)
        return;
    if (ec)
        return fail(ec);
    if (const auto name = json_member(m.payload(), "name"))
        consumer_ = std::string(*name);
    if (ordered() && std::exchange(is_first_, false)) // where it stands, should it be made anew
        last_sequence_ = json_number(m.payload(), "delivered.stream_seq").value_or(0);
    last_consumer_sequence_ = 0;
    created_ = true;
    pump();
}

void pull_consumer::pump() {
    if (!created_ || stopped_ || failure_ || !link_->is_connected() || retry_->is_set())
        return;
    for (;;) {
        const auto taken = queue_.size() + outstanding_;
        const auto room = taken < options_.capacity ? options_.capacity - taken : 0;
        if (room == 0 || (room < options_.batch && outstanding_ != 0))
            return;
        ask(std::min(room, options_.batch));
    }
}

void pull_consumer::ask(std::size_t n) {
    const auto expires = std::chrono::nanoseconds(options_.heartbeat) * 10;
    const auto number = ++last_request_;
    const auto body =
        json_object()
            .number("batch", static_cast<std::int64_t>(n))
            .number("expires", expires.count())
            .number("idle_heartbeat", std::chrono::nanoseconds(options_.heartbeat).count())
            .str();
    const auto subject = "$JS.API.CONSUMER.MSG.NEXT." + path();
    const auto reply = inbox_ + "." + std::to_string(number);
    requests_.emplace(number, n);
    outstanding_ += n;
    heard_ = silence_->now();
    link_->publish(subject.c_str(), reply.c_str(), body); // lost: the silence says so
    if (!silence_->is_set())
        silence_->set(options_.heartbeat * 5 / 2);
}

void pull_consumer::on_message(message m) {
    heard_ = silence_->now();
    if (m.payload().empty())
        if (const auto status = m.header("Status"); !status.empty())
            return on_status(m, status);
    unheard_ = 0;
    if (auto oldest = requests_.begin(); oldest != requests_.end()) {
        --outstanding_;
        if (--oldest->second == 0)
            requests_.erase(oldest);
    }
    if (ordered()) {
        const auto facts = parse_metadata(m.reply());
        if (facts.consumer != consumer_)
            return; // of one that was given up
        if (facts.consumer_sequence != last_consumer_sequence_ + 1)
            return reset();
        last_consumer_sequence_ = facts.consumer_sequence;
        last_sequence_ = facts.sequence;
    }
    queue_.push_back(std::move(m));
}

void pull_consumer::on_status(const message& m, const std::string& status) {
    if (status == "100")
        return;
    const auto subject = m.subject();
    std::uint64_t number = 0;
    std::from_chars(
        subject.data() + subject.rfind('.') + 1, subject.data() + subject.size(), number);
    const auto found = requests_.find(number);
    if (found == requests_.end())
        return; // of a request that was given up
    outstanding_ -= found->second;
    requests_.erase(found);
    if (status != "409")
        return pump();
    const auto why = m.header("Description");
    const auto says = [&](const char* what) { return why.find(what) != std::string::npos; };
    if (says("Deleted") || says("push based"))
        return ordered() ? reset() : fail(errc::consumer_gone);
    if (says("MaxRequest"))
        return fail(errc::request_refused);
    retry_later(); // another leader, or too many ask at this time
}

void pull_consumer::on_no_responders() {
    requests_.clear();
    outstanding_ = 0;
    if (ordered() && ++unheard_ % 5 == 0) // it may have been lost with its server
        return reset();
    if (++unheard_ % 10 == 0)
        call_api(
            link_,
            "CONSUMER.INFO." + path(),
            {},
            std::chrono::seconds(30),
            [weak = weak_from_this()](error_code ec, const message&) {
                if (auto self = weak.lock(); self && ec == error_code(10014, jetstream_category()))
                    self->fail(errc::consumer_gone);
            });
    retry_later();
}

void pull_consumer::retry_later() {
    if (!retry_->is_set())
        retry_->set(pause);
}

void pull_consumer::on_read() {
    pump();
    if (!queue_.empty())
        arrived.wake();
}

/// What was asked for does not come any more: asks anew.
void pull_consumer::reset() {
    requests_.clear();
    outstanding_ = 0;
    if (ordered()) {
        created_ = false;
        create();
    } else {
        pump();
    }
}

void pull_consumer::watch_time() {
    if (outstanding_ == 0)
        return; // set again with the next request
    const auto quiet = options_.heartbeat * 5 / 2;
    const auto now = silence_->now();
    if (now - heard_ >= quiet)
        reset();
    if (outstanding_ != 0)
        silence_->set(heard_ + quiet > now ? heard_ + quiet - now : clock::duration(quiet));
}

std::shared_ptr<pulled_message> pull_consumer::try_take() {
    std::lock_guard lock(link_->mutex);
    while (!queue_.empty()) {
        auto m = std::make_shared<pulled_message>(shared_from_this(), std::move(queue_.front()));
        queue_.pop_front();
        pump();
        if (!is_confirmed(m->facts.sequence))
            return m;
        m->answer("+ACK"); // again: the first one was lost, or too late
    }
    if (failure_)
        throw boost::system::system_error(failure_, "jetstream_source");
    return {};
}

void pull_consumer::fail(error_code ec) {
    if (failure_ || stopped_)
        return;
    failure_ = ec;
    for (const auto& a : {silence_, retry_, progress_})
        if (a)
            a->silence();
    arrived.wake();
}

void pull_consumer::stop() noexcept {
    const auto l = link_; // deliveries that are out hold it as well
    std::lock_guard lock(l->mutex);
    stopped_ = true;
    for (const auto& a : {silence_, retry_})
        if (a)
            a->silence();
    silence_progress();
    l->unsubscribe(this);
    if (ordered() && created_)
        l->publish(("$JS.API.CONSUMER.DELETE." + path()).c_str(), nullptr, {});
    if (!ordered())
        for (const auto& m : std::exchange(queue_, {}))
            refusals_.push_back({std::string(m.reply()), "-NAK"});
    arrived.abort();
    // What is refused while the server still has a request whose answer nobody awaits can be sent there
    // and so lost until `ack_wait` is over (and server 2.9 then sends another message twice). When it
    // says how the consumer stands it forgets such requests.
    if (created_ && !ordered() && l->is_connected()) {
        refusals_wait_ = true;
        l->request(
            "$JS.API.CONSUMER.INFO." + path(),
            {},
            std::chrono::milliseconds(1000),
            [self = shared_from_this()](error_code, const message&) {
                self->refusals_wait_ = false;
                self->send_refusals();
            });
    } else {
        send_refusals();
    }
}

/// Refuses a message, a little later: what refuses it may be about to stop us.
void pull_consumer::refuse(std::string reply, std::string how) {
    std::lock_guard lock(link_->mutex);
    if (link_->is_closing())
        return; // also that its context is gone
    refusals_.push_back({std::move(reply), std::move(how)});
    if (!refusals_wait_ && !std::exchange(refusals_posted_, true))
        asio::post(executor, [self = shared_from_this()] {
            std::lock_guard relock(self->link_->mutex);
            self->refusals_posted_ = false;
            if (!self->refusals_wait_)
                self->send_refusals();
        });
}

void pull_consumer::send_refusals() {
    for (const auto& r : std::exchange(refusals_, {}))
        link_->publish(r.reply.c_str(), nullptr, r.how);
}

void pull_consumer::confirmed(std::uint64_t sequence) {
    std::lock_guard lock(held_mutex_);
    if (options_.deduplicate == 0 || !confirmed_.insert(sequence).second)
        return;
    confirmed_order_.push_back(sequence);
    if (confirmed_order_.size() > options_.deduplicate) {
        confirmed_.erase(confirmed_order_.front());
        confirmed_order_.pop_front();
    }
}

bool pull_consumer::is_confirmed(std::uint64_t sequence) {
    if (options_.deduplicate == 0)
        return false;
    std::lock_guard lock(held_mutex_);
    return confirmed_.contains(sequence);
}

/// When the source is gone and the last delivery as well.
void pull_consumer::silence_progress() noexcept {
    std::lock_guard lock(held_mutex_);
    if (progress_ && held_.empty())
        progress_->silence();
}

void pull_consumer::tell_in_progress() {
    for (const auto& m : queue_)
        link_->publish(std::string(m.reply()).c_str(), nullptr, "+WPI");
    std::lock_guard lock(held_mutex_);
    for (auto* m : held_)
        m->in_progress();
    if (!stopped_ || !held_.empty())
        progress_->set(options_.ack_wait / 3);
}

pulled_message::pulled_message(std::shared_ptr<pull_consumer> from, message m)
    : what(std::move(m)), facts(parse_metadata(what.reply())), from_(std::move(from)),
      answered_(from_->ordered()) {
    if (from_->progress_) {
        std::lock_guard lock(from_->held_mutex_);
        from_->held_.insert(this);
    }
}

pulled_message::~pulled_message() {
    if (!from_->progress_)
        return;
    {
        std::lock_guard lock(from_->held_mutex_);
        from_->held_.erase(this);
    }
    if (from_->stopped_)
        from_->silence_progress();
}

asio::any_io_executor pulled_message::executor() const { return from_->executor; }

void pulled_message::answer(std::string_view how) noexcept {
    if (!answered_.exchange(true))
        from_->link_->publish(
            std::string(what.reply()).c_str(), nullptr, how); // lost: it comes again
}

void pulled_message::refuse(std::string how) noexcept {
    if (!answered_.exchange(true))
        from_->refuse(std::string(what.reply()), std::move(how));
}

void pulled_message::in_progress() noexcept {
    if (!answered_)
        from_->link_->publish(std::string(what.reply()).c_str(), nullptr, "+WPI");
}

void pulled_message::ack() noexcept {
    if (--left_ != 0 || answered_.exchange(true))
        return;
    from_->confirmed(facts.sequence);
    from_->link_->publish(std::string(what.reply()).c_str(), nullptr, "+ACK");
}

void pulled_message::ack(const answer_ptr<nothing>& done) {
    if (--left_ != 0)
        return done->complete({});
    if (answered_.exchange(true))
        return done->complete(from_->ordered() ? error_code() : errc::already_answered);
    from_->confirmed(facts.sequence);
    from_->link_->request(
        std::string(what.reply()),
        "+ACK",
        std::chrono::seconds(5),
        [done](error_code ec, const message&) { done->complete(ec); });
}

metadata parse_metadata(std::string_view reply) {
    std::array<std::string_view, 12> tokens;
    std::size_t count = 0;
    for (auto rest = reply; count != tokens.size();) {
        const auto dot = rest.find('.');
        tokens[count++] = rest.substr(0, dot);
        if (dot == std::string_view::npos)
            break;
        rest.remove_prefix(dot + 1);
    }
    metadata facts;
    if (count < 9 || tokens[0] != "$JS" || tokens[1] != "ACK")
        return facts;
    const std::size_t at = count >= 11 ? 4 : 2; // behind a domain and an account
    const auto number = [&](std::size_t i) {
        std::uint64_t n = 0;
        std::from_chars(tokens[i].data(), tokens[i].data() + tokens[i].size(), n);
        return n;
    };
    facts.stream = tokens[at];
    facts.consumer = tokens[at + 1];
    facts.delivered = number(at + 2);
    facts.sequence = number(at + 3);
    facts.consumer_sequence = number(at + 4);
    facts.timestamp = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(number(at + 5))));
    facts.pending = number(at + 6);
    return facts;
}

const message& message_of(const pulled_message& m) { return m.what; }
const metadata& metadata_of(const pulled_message& m) { return m.facts; }
void expect_answers(pulled_message& m, std::size_t items) { m.expect(items); }

asio::any_io_executor executor_of(const pulled_message& m) { return m.executor(); }

void receipt::add(receipt&& other) {
    if (open_ && other.open_)
        before_.push_back(std::move(last_));
    before_.insert(before_.end(), other.before_.begin(), other.before_.end());
    if (other.open_ || !last_)
        last_ = std::move(other.last_);
    open_ = std::exchange(other.open_, false) || open_;
}

receipt receipt::hand_on() {
    receipt r;
    r.last_ = last_;
    r.before_.swap(before_);
    r.open_ = std::exchange(open_, false);
    return r;
}

template <class F>
void receipt::answer(F f) noexcept {
    if (!std::exchange(open_, false))
        return;
    for (const auto& m : std::exchange(before_, {}))
        f(*m);
    f(*last_);
}

void receipt::ack() noexcept {
    answer([](pulled_message& m) { m.ack(); });
}

void receipt::ack(const answer_ptr<nothing>& done) {
    if (!std::exchange(open_, false))
        return done->complete(errc::already_answered);
    // Acknowledgements of one connection arrive in order: the last one's confirmation is for all.
    for (const auto& m : std::exchange(before_, {}))
        m->ack();
    last_->ack(done);
}

void receipt::nak(std::chrono::nanoseconds delay) noexcept {
    const auto how =
        delay.count() > 0 ? "-NAK {\"delay\":" + std::to_string(delay.count()) + "}" : "-NAK";
    answer([&how](pulled_message& m) { m.refuse(how); });
}

void receipt::in_progress() noexcept {
    if (!open_)
        return;
    for (const auto& m : before_)
        m->in_progress();
    last_->in_progress();
}

void receipt::term() noexcept {
    answer([](pulled_message& m) { m.answer("+TERM"); });
}

std::shared_ptr<pull_inlet> open_pull(const link_ptr& l, source_options options) {
    auto p = std::make_shared<pull_consumer>(l, std::move(options));
    p->start();
    return p;
}

} // namespace streamx::nats::detail
