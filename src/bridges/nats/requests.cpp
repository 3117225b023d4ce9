#include "requests.hpp"

#include "link.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace streamx::nats::detail {

requests::requests(link& l) : link_(l), alarm_(l.make_alarm([this] { expire(); })) {}

std::string requests::inbox() const { return link_.inbox() + ".r.*"; }

std::string requests::reply_to(std::uint64_t number) const {
    return link_.inbox() + ".r." + std::to_string(number);
}

void requests::ask(
    const std::string& subject,
    std::string_view payload,
    std::chrono::milliseconds timeout,
    handler then) {
    const auto number = ++last_;
    if (const auto ec = link_.publish(subject.c_str(), reply_to(number).c_str(), payload))
        return then(ec, {});
    wait_for(number, {std::move(then), streamx::detail::later(now(), timeout), true});
}

void requests::round_trip(std::chrono::milliseconds timeout, handler then) {
    const auto number = ++last_;
    if (const auto ec = link_.publish(reply_to(number).c_str(), nullptr, {}))
        return then(ec, {});
    wait_for(number, {std::move(then), streamx::detail::later(now(), timeout), false});
}

void requests::pause(std::chrono::milliseconds time, std::function<void(error_code)> then) {
    auto over = [then = std::move(then)](error_code ec, const message&) {
        then(ec == asio::error::timed_out ? error_code() : ec);
    };
    wait_for(++last_, {std::move(over), streamx::detail::later(now(), time), false});
}

void requests::wait_for(std::uint64_t number, waiting w) {
    const auto due = w.due;
    all_.emplace(number, std::move(w));
    if (due < next_due_)
        alarm_->set((next_due_ = due) - now());
}

void requests::on_message(message m) {
    if (const auto found = all_.find(last_number(m.subject())); found != all_.end()) {
        auto then = std::move(found->second.then);
        all_.erase(found);
        then({}, m);
    }
}

void requests::on_no_responders() {
    const auto asked = [](const auto& r) { return r.second.asked; };
    const auto first = std::find_if(all_.begin(), all_.end(), asked);
    if (first == all_.end() || std::find_if(std::next(first), all_.end(), asked) != all_.end())
        return; // the library does not say whose
    const auto then = std::move(first->second.then);
    all_.erase(first);
    then(errc::no_responders, {});
}

void requests::expire() {
    const auto at = now();
    next_due_ = clock::time_point::max();
    std::vector<handler> late;
    for (auto r = all_.begin(); r != all_.end();) {
        if (r->second.due <= at) {
            late.push_back(std::move(r->second.then));
            r = all_.erase(r);
        } else {
            next_due_ = std::min(next_due_, r++->second.due);
        }
    }
    if (next_due_ != clock::time_point::max())
        alarm_->set(next_due_ - at);
    for (auto& then : late)
        then(asio::error::timed_out, {});
}

void requests::fail(error_code ec) {
    alarm_->silence();
    for (auto& [number, r] : std::exchange(all_, {}))
        r.then(ec, {});
}

void requests::drop() { std::exchange(all_, {}).clear(); }

} // namespace streamx::nats::detail
