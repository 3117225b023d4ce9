#include "pull_consumer.hpp"

#include "api.hpp"
#include "config_json.hpp"
#include "json.hpp"
#include "names.hpp"
#include "pulled_message.hpp"

#include <streamx/core/detail/checked.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace streamx::nats::detail {
namespace {

constexpr auto pause = std::chrono::milliseconds(100);
constexpr int no_consumer = 10014, no_stream = 10059, not_created = 10012;

/// There is a consumer with that name, and all that the server has against ours is where it begins.
bool began_elsewhere(error_code ec, const message& m) {
    if (ec != error_code(not_created, jetstream_category()))
        return false;
    const auto why = json_member(m.payload(), "error.description").value_or("");
    return why == "deliver policy can not be updated" ||
           why == "start sequence can not be updated" || why == "start time can not be updated";
}

} // namespace

pull_consumer::pull_consumer(const link_ptr& l, source_options o)
    : inbound(l), options_(std::move(o)), inbox_(l->new_inbox()), consumer_(options_.durable) {
    streamx::detail::checked_size(
        options_.capacity, "jetstream_source: capacity must be at least 1");
    streamx::detail::checked_size(options_.batch, "jetstream_source: batch must be at least 1");
    require(is_name(options_.stream), "jetstream_source: no stream can have that name");
    require(
        is_ordered() || is_name(options_.durable),
        "jetstream_source: no consumer can have the name that durable gives");
    require(
        options_.filter_subject.empty() || is_pattern(options_.filter_subject),
        "jetstream_source: filter_subject is not a subject");
    require(options_.heartbeat.count() > 0, "jetstream_source: heartbeat must be more than 0");
    require(options_.ack_wait.count() > 0, "jetstream_source: ack_wait must be more than 0");
    options_.batch = std::min(options_.batch, options_.capacity);
    if (options_.max_ack_pending == 0)
        options_.max_ack_pending = std::max<std::size_t>(4096, 4 * options_.capacity);
    answers_ = std::make_shared<answering>(l, options_);
}

void pull_consumer::start() {
    std::lock_guard lock(link_->mutex);
    silence_ = when(&pull_consumer::watch_time);
    retry_ = when(&pull_consumer::pump);
    // A reset may find what it asked for before still on its way: room for that as well.
    const auto limit = static_cast<int>(2 * options_.capacity + 16);
    listen(shared_from_this(), inbox_ + ".*", {}, limit);
    if (failure_)
        return;
    if (options_.auto_in_progress && !is_ordered()) {
        answers_->start();
        progress_ = when(&pull_consumer::tell_in_progress);
        progress_->set(options_.ack_wait / 3);
    }
    if (options_.consumer_exists && !is_ordered()) {
        created_ = true;
        pump();
        check();
    } else {
        create();
    }
}

/// An alarm of ours; it does not ring any more when this has failed or was stopped.
std::shared_ptr<alarm> pull_consumer::when(void (pull_consumer::*what)()) {
    return std::make_shared<alarm>(executor, [weak = weak_from_this(), what] {
        const auto self = weak.lock();
        if (!self)
            return;
        std::lock_guard lock(self->link_->mutex);
        if (!self->stopped_ && !self->failure_)
            (*self.*what)();
    });
}

void pull_consumer::create() {
    if (std::exchange(creating_, true))
        return;
    consumer_config c{.stream = options_.stream, .durable = options_.durable};
    c.deliver_from = is_ordered() && last_sequence_ != 0
                         ? deliver_from::sequence(last_sequence_ + 1)
                         : options_.deliver_from;
    c.filter_subject = options_.filter_subject;
    c.ack_wait = options_.ack_wait;
    c.max_deliver = options_.max_deliver;
    c.max_ack_pending = options_.max_ack_pending;
    call_api(
        link_,
        consumer_subject(c),
        consumer_json(c, is_ordered()),
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
    if (began_elsewhere(ec, m)) {
        created_ = true;
        return pump();
    }
    if (ec)
        return fail(ec);
    if (const auto name = json_member(m.payload(), "name"))
        consumer_ = std::string(*name);
    if (is_ordered() && std::exchange(is_first_, false)) // where it stands, should it be made anew
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
    if (is_ordered()) {
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
    const auto found = requests_.find(last_number(m.subject()));
    if (found == requests_.end())
        return; // of a request that was given up
    outstanding_ -= found->second;
    requests_.erase(found);
    if (status != "409")
        return pump();
    const auto why = m.header("Description");
    const auto says = [&](const char* what) { return why.find(what) != std::string::npos; };
    if (says("Deleted") || says("push based"))
        return is_ordered() ? reset() : fail(errc::consumer_gone);
    if (says("MaxRequest"))
        return fail(errc::request_refused);
    retry_later(); // another leader, or too many ask at this time
}

void pull_consumer::on_no_responders() {
    requests_.clear();
    outstanding_ = 0;
    if (is_ordered() && ++unheard_ % 5 == 0) // it may have been lost with its server
        return reset();
    if (++unheard_ % 10 == 0)
        check();
    retry_later();
}

/// Whether there still is a consumer: who asks one that is gone may get no answer at all.
void pull_consumer::check() {
    if (std::exchange(checking_, true))
        return;
    call_api(
        link_,
        "CONSUMER.INFO." + path(),
        {},
        std::chrono::seconds(30),
        [weak = weak_from_this()](error_code ec, const message&) {
            const auto self = weak.lock();
            if (!self)
                return;
            self->checking_ = false;
            if (ec == error_code(no_consumer, jetstream_category()) ||
                ec == error_code(no_stream, jetstream_category()))
                self->fail(errc::consumer_gone);
        });
}

void pull_consumer::retry_later() {
    if (!retry_->is_set())
        retry_->set(pause);
}

void pull_consumer::on_read() {
    pump();
    inbound::on_read();
}

/// What was asked for does not come any more: asks anew.
void pull_consumer::reset() {
    requests_.clear();
    outstanding_ = 0;
    if (is_ordered()) {
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
    if (now - heard_ >= quiet) {
        reset();
        if (!is_ordered())
            check();
    }
    if (outstanding_ != 0)
        silence_->set(heard_ + quiet > now ? heard_ + quiet - now : clock::duration(quiet));
}

/// What waits here is held as well.
void pull_consumer::tell_in_progress() {
    for (const auto& m : queue_)
        answers_->say(m.reply(), "+WPI");
    progress_->set(options_.ack_wait / 3);
}

std::shared_ptr<pulled_message> pull_consumer::try_take() {
    std::lock_guard lock(link_->mutex);
    while (auto next = take("jetstream_source")) {
        auto m = std::make_shared<pulled_message>(answers_, std::move(next));
        pump();
        if (!answers_->is_confirmed(m->facts.sequence))
            return m;
        m->answer("+ACK"); // again: the first one was lost, or too late
    }
    return {};
}

void pull_consumer::silence() noexcept {
    for (const auto& a : {silence_, retry_, progress_})
        if (a)
            a->silence();
}

void pull_consumer::fail(error_code ec) {
    if (stopped_)
        return;
    silence();
    inbound::fail(ec);
}

void pull_consumer::on_closed() {
    answers_->send_refusals();
    fail(errc::connection_closed);
}

void pull_consumer::stop() noexcept {
    const auto l = link_; // deliveries that are out hold it as well
    std::lock_guard lock(l->mutex);
    stopped_ = true;
    silence();
    l->unsubscribe(this);
    if (is_ordered() && created_)
        l->publish(("$JS.API.CONSUMER.DELETE." + path()).c_str(), nullptr, {});
    answers_->retire(std::exchange(queue_, {}), created_ ? path() : std::string());
    arrived.abort();
}

std::shared_ptr<pull_inlet> open_pull(const link_ptr& l, source_options options) {
    auto p = std::make_shared<pull_consumer>(l, std::move(options));
    p->start();
    return p;
}

} // namespace streamx::nats::detail
