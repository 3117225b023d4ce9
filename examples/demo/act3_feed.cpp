#include "act3_feed.hpp"

#include <streamx/sources/interval.hpp>
#include <streamx/time/sleep_for.hpp>

#include <iomanip>
#include <sstream>
#include <utility>

namespace demo {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

feed::feed(const asio::any_io_executor& ex)
    : executor_(ex),
      ticks_out_(ex, {.no_subscribers = streamx::no_subscribers::discard, .retain = room}) {}

feed::member::member(feed& f, std::string kind, std::size_t replay, std::string last_id)
    : members_(f.members_), kind_(std::move(kind)),
      ticks_(
          f.ticks_out_.subscribe({.capacity = room, .replay = replay}), std::move(last_id), room),
      place_(members_->insert(members_->end(), this)) {}

feed::member::~member() { members_->erase(place_); }

milliseconds feed::waiting() const noexcept {
    if (waits_since_ == steady_clock::time_point())
        return last_wait_;
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - waits_since_);
}

asio::awaitable<void> feed::produce() {
    machine counters;
    auto clock = streamx::interval(executor_, 100ms, streamx::missed_tick::delay);
    while (co_await clock.next()) {
        auto t = make_tick(counters.sample());
        waits_since_ = steady_clock::now();
        co_await ticks_out_.put(std::move(t)); // here it waits for who is `room` ticks behind
        last_wait_ = waiting();
        waits_since_ = {};
        waited_ += last_wait_;
        ++ticks_;
    }
}

asio::awaitable<void> feed::archive() {
    member self(*this, "archive");
    while (co_await self.ticks().next())
        if (slow_)
            co_await streamx::sleep_for(500ms);
}

tick feed::make_tick(const machine_sample& s) const {
    std::ostringstream json;
    json << std::fixed << std::setprecision(1) << "{\"n\":" << s.number << ",\"cpu\":" << s.cpu
         << ",\"memory\":" << s.memory << ",\"in\":" << s.in << ",\"out\":" << s.out
         << ",\"waited\":" << last_wait_.count() << ",\"slow\":" << (slow_ ? "true" : "false")
         << ",\"who\":[";
    const char* comma = "";
    for (const auto* m : *members_) {
        json << comma << "{\"kind\":\"" << m->kind() << "\",\"lag\":" << m->lag() << "}";
        comma = ",";
    }
    json << "]}";
    tick t;
    t.json = std::move(json).str();
    t.event = streamx::io::sse_event{.data = t.json, .id = std::to_string(s.number)};
    return t;
}

} // namespace demo
