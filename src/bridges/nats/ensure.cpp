#include "api.hpp"
#include "config_json.hpp"
#include "names.hpp"

#include <streamx/bridges/nats/ensure.hpp>

#include <memory>
#include <string>
#include <utility>

namespace streamx::nats::detail {
namespace {

constexpr int not_found = 10059, other_config = 10058, overlaps = 10065;

} // namespace

/// A name that is in use: the stream is changed. Of two that create it at once, one may instead be
/// told that its subjects overlap with a stream, which is the same stream.
void ensure(
    const link_ptr& l,
    const stream_config& config,
    std::chrono::milliseconds timeout,
    const answer_ptr<nothing>& done) {
    if (!is_name(config.name))
        return done->complete(errc::invalid_name);
    const auto call = [name = config.name, body = stream_json(config), timeout](
                          const link_ptr& to, const char* verb, auto then) {
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

void ensure(
    const link_ptr& l,
    const consumer_config& config,
    std::chrono::milliseconds timeout,
    const answer_ptr<nothing>& done) {
    if (!is_name(config.stream) || !is_name(config.durable))
        return done->complete(errc::invalid_name);
    call_api(
        l,
        consumer_subject(config),
        consumer_json(config, false),
        timeout,
        [done](error_code ec, const message&) { done->complete(ec); });
}

} // namespace streamx::nats::detail
