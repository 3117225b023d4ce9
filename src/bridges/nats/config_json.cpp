#include "config_json.hpp"

#include "json.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace streamx::nats::detail {
namespace {

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

} // namespace

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

} // namespace streamx::nats::detail
