#include "api.hpp"

#include <streamx/bridges/nats/ensure.hpp>

#include <array>
#include <cstdio>
#include <ctime>

namespace streamx::nats::detail {
namespace {

/// While these last there is no leader, or it is not ready, or the stream is still being made.
bool may_pass(const error_code& ec, const message& answer) {
    if (ec == errc::no_responders || ec == asio::error::timed_out)
        return true;
    if (ec.category() != jetstream_category())
        return false;
    if (ec.value() == 10012) // a consumer was not created, for many reasons
        return json_member(answer.payload(), "error.description") == "invalid stream";
    return ec.value() == 10008 || ec.value() == 10009 || ec.value() == 10004 ||
           ec.value() == 10118 || ec.value() == 10074;
}

std::string rfc3339(deliver_from::time_point at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(at - seconds).count();
    const std::time_t t = deliver_from::time_point::clock::to_time_t(seconds);
    std::tm utc{};
    gmtime_r(&t, &utc);
    std::array<char, 64> text{};
    const auto n = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::snprintf(text.data() + n, text.size() - n, ".%09lldZ", static_cast<long long>(nanos));
    return text.data();
}

std::string stream_json(const stream_config& c) {
    static constexpr const char* kept[] = {"limits", "interest", "workqueue"};
    std::string subjects = "[";
    for (const auto& s : c.subjects)
        (subjects += subjects.size() > 1 ? "," : "") += json_quoted(s);
    return json_object()
        .text("name", c.name)
        .raw("subjects", subjects + ']')
        .text("storage", c.storage == storage::file ? "file" : "memory")
        .text("retention", kept[static_cast<int>(c.retention)])
        .text("discard", c.discard == discard::oldest ? "old" : "new")
        .number("num_replicas", c.replicas)
        .number("max_consumers", -1)
        .number("max_msgs", c.max_messages)
        .number("max_msgs_per_subject", -1)
        .number("max_bytes", c.max_bytes)
        .number("max_age", c.max_age.count())
        .number("max_msg_size", c.max_message_size)
        .number("duplicate_window", c.duplicate_window.count())
        .str();
}

constexpr int not_found = 10059, other_config = 10058, overlaps = 10065;

/// A name that is in use: the stream is changed. Of two that create it at once, one may instead be
/// told that its subjects overlap with a stream, which is the same stream.
void ensure_stream_exists(
    const std::shared_ptr<link>& l,
    const stream_config& config,
    std::chrono::milliseconds timeout,
    const answer_ptr<nothing>& done) {
    const auto call = [name = config.name, body = stream_json(config), timeout](
                          const std::shared_ptr<link>& to, const char* verb, auto then) {
        call_api(to, std::string("STREAM.") + verb + '.' + name, body, timeout, std::move(then));
    };
    call(l, "CREATE", [call, weak = std::weak_ptr(l), done](error_code created, const message&) {
        const auto self = weak.lock();
        const bool in_use = created.category() == jetstream_category() &&
                            (created.value() == other_config || created.value() == overlaps);
        if (!self || !in_use)
            return done->complete(created);
        call(self, "UPDATE", [created, done](error_code updated, const message&) {
            const bool another = updated == error_code(not_found, jetstream_category());
            done->complete(another ? created : updated);
        });
    });
}

/// Asks until it is answered otherwise than that it cannot be now. What it waits for holds it.
class api_call : public std::enable_shared_from_this<api_call> {
public:
    api_call(
        link& l,
        std::string subject,
        std::string body,
        std::chrono::milliseconds timeout,
        link::request_handler then)
        : link_(l), subject_("$JS.API." + std::move(subject)), body_(std::move(body)),
          until_(streamx::detail::later(l.now(), timeout)), then_(std::move(then)) {}

    void ask() {
        link_.request(
            subject_,
            body_,
            std::chrono::milliseconds(2000),
            [self = shared_from_this()](error_code ec, const message& m) {
                if (!ec)
                    ec = api_error(m);
                if (may_pass(ec, m) && self->link_.now() < self->until_)
                    self->ask_again();
                else
                    self->then_(ec, m);
            });
    }

private:
    void ask_again() {
        link_.pause(std::chrono::milliseconds(250), [self = shared_from_this()](error_code ec) {
            if (ec)
                self->then_(ec, {});
            else
                self->ask();
        });
    }

    link& link_; // which holds what it waits for
    std::string subject_, body_;
    clock::time_point until_;
    link::request_handler then_;
};

} // namespace

error_code api_error(const message& m) {
    if (const auto code = json_number(m.payload(), "error.err_code"))
        return {static_cast<int>(*code), jetstream_category()};
    if (json_member(m.payload(), "error") || m.payload().empty())
        return errc::malformed_answer;
    return {};
}

void call_api(
    const std::shared_ptr<link>& l,
    std::string subject,
    std::string body,
    std::chrono::milliseconds timeout,
    link::request_handler then) {
    std::make_shared<api_call>(*l, std::move(subject), std::move(body), timeout, std::move(then))
        ->ask();
}

std::string consumer_json(const consumer_config& c, bool ordered) {
    static constexpr const char* from[] = {
        "all", "new", "last", "last_per_subject", "by_start_sequence", "by_start_time"};
    json_object config;
    if (!c.durable.empty())
        config.text("durable_name", c.durable);
    config.text("deliver_policy", from[static_cast<int>(c.deliver_from.kind())]);
    if (c.deliver_from.kind() == deliver_from::policy::sequence)
        config.number("opt_start_seq", static_cast<std::int64_t>(c.deliver_from.first()));
    if (c.deliver_from.kind() == deliver_from::policy::time)
        config.text("opt_start_time", rfc3339(c.deliver_from.since()));
    if (!c.filter_subject.empty())
        config.text("filter_subject", c.filter_subject);
    else if (c.deliver_from.kind() == deliver_from::policy::last_per_subject)
        config.text("filter_subject", ">"); // without one the server refuses it
    config.text("replay_policy", "instant").text("ack_policy", ordered ? "none" : "explicit");
    if (ordered) {
        config
            .number("inactive_threshold", std::chrono::nanoseconds(std::chrono::minutes(5)).count())
            .number("num_replicas", 1)
            .flag("mem_storage", true);
    } else {
        config.number("ack_wait", c.ack_wait.count())
            .number("max_deliver", c.max_deliver)
            .number("max_ack_pending", static_cast<std::int64_t>(c.max_ack_pending));
        if (!c.backoff.empty()) {
            std::string times = "[";
            for (const auto t : c.backoff)
                (times += times.size() > 1 ? "," : "") += std::to_string(t.count());
            config.raw("backoff", times + ']');
        }
    }
    return json_object().text("stream_name", c.stream).raw("config", config.str()).str();
}

std::string consumer_subject(const consumer_config& c) {
    return c.durable.empty() ? "CONSUMER.CREATE." + c.stream
                             : "CONSUMER.DURABLE.CREATE." + c.stream + "." + c.durable;
}

void ensure(
    const link_ptr& l,
    const stream_config& config,
    std::chrono::milliseconds timeout,
    const answer_ptr<nothing>& done) {
    ensure_stream_exists(l, config, timeout, done);
}

void ensure(
    const link_ptr& l,
    const consumer_config& config,
    std::chrono::milliseconds timeout,
    const answer_ptr<nothing>& done) {
    call_api(
        l,
        consumer_subject(config),
        consumer_json(config, false),
        timeout,
        [done](error_code ec, const message&) { done->complete(ec); });
}

} // namespace streamx::nats::detail
