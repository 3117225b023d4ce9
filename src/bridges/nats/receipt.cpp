#include "pulled_message.hpp"

#include <string>
#include <utility>

namespace streamx::nats::detail {

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

} // namespace streamx::nats::detail
