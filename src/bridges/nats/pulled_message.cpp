#include "pulled_message.hpp"

#include <utility>

namespace streamx::nats::detail {

pulled_message::pulled_message(std::shared_ptr<answering> to, message m)
    : what(std::move(m)), facts(parse_metadata(what.reply())), to_(std::move(to)),
      answered_(to_->is_ordered()) {
    to_->hold(this);
}

void pulled_message::answer(std::string_view how) noexcept {
    if (!answered_.exchange(true))
        to_->say(what.reply(), how);
}

void pulled_message::refuse(std::string how) noexcept {
    if (!answered_.exchange(true))
        to_->refuse(what.reply(), std::move(how));
}

void pulled_message::in_progress() noexcept {
    if (!answered_)
        to_->say(what.reply(), "+WPI");
}

void pulled_message::ack() noexcept {
    if (--left_ != 0 || answered_.exchange(true))
        return;
    to_->confirmed(facts.sequence);
    to_->say(what.reply(), "+ACK");
}

void pulled_message::ack(const answer_ptr<nothing>& done) {
    if (--left_ != 0)
        return done->complete({});
    if (answered_.exchange(true))
        return done->complete(to_->is_ordered() ? error_code() : errc::already_answered);
    to_->confirmed(facts.sequence);
    to_->ask(what.reply(), "+ACK", [done](error_code ec, const message&) { done->complete(ec); });
}

const message& message_of(const pulled_message& m) { return m.what; }
const metadata& metadata_of(const pulled_message& m) { return m.facts; }
asio::any_io_executor executor_of(const pulled_message& m) { return m.executor(); }
void expect_answers(pulled_message& m, std::size_t items) { m.expect(items); }

} // namespace streamx::nats::detail
