#include "view.hpp"

#include "text.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>

namespace demo {
namespace {

using namespace std::chrono_literals;

/// Per second, between two counts.
std::uint64_t rate(std::uint64_t now, std::uint64_t before, clock::duration time) {
    const auto s = std::chrono::duration<double>(time).count();
    return s <= 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(now - before) / s + 0.5);
}

/// How much of the time a channel's producer was held back, in percent.
int held_back(const gauge::reading& now, const gauge::reading& before, clock::duration time) {
    if (time <= 0s)
        return 0;
    const auto share = (now.stats.blocked_for - before.stats.blocked_for) * 100 / time;
    return static_cast<int>(std::clamp<std::chrono::nanoseconds::rep>(share, 0, 100));
}

std::string fill(const gauge::reading& r) {
    return std::to_string(r.size) + '/' + std::to_string(r.capacity);
}

} // namespace

live_view::sample live_view::take_sample() const {
    sample s;
    s.at = clock::now();
    for (const auto& f : board_.files)
        s.read.push_back(f.read);
    for (const auto& c : board_.consumers)
        s.consumed.push_back(c.records);
    for (const auto& g : board_.line_channels)
        s.lines.push_back(g.read());
    for (const auto& g : board_.batch_channels)
        s.batches.push_back(g.read());
    return s;
}

std::string live_view::table(const sample& now, const sample& before) const {
    const auto time = now.at - before.at;
    std::string out = "  " + left("file", 22) + right("lines read", 12) + right("now", 14) +
                      right("filtered out", 14) + right("passed on", 12) + '\n';
    for (std::size_t i = 0; i != board_.files.size(); ++i) {
        const auto& f = board_.files[i];
        out += "  " + left(f.name, 22) + right(grouped(f.read), 12) +
               right(grouped(rate(now.read[i], before.read[i], time)) + "/s", 14) +
               right(grouped(f.filtered), 14) + right(grouped(f.passed), 12) + '\n';
    }

    out += "\n  " + left("channel", 22) + left("fill", 30) + right("its producer held back", 23) +
           '\n';
    const auto channel = [&](const gauge& g, const gauge::reading& n, const gauge::reading& b) {
        out += "  " + left(g.name, 22) + bar(n.size, n.capacity) + left(' ' + fill(n), 8) +
               right(std::to_string(held_back(n, b, time)) + " % now", 12) +
               right(seconds(n.stats.blocked_for) + " in all", 13) + '\n';
    };
    for (std::size_t i = 0; i != now.lines.size(); ++i)
        channel(board_.line_channels[i], now.lines[i], before.lines[i]);
    for (std::size_t i = 0; i != now.batches.size(); ++i)
        channel(board_.batch_channels[i], now.batches[i], before.batches[i]);

    out += "\n  " + left("consumer", 22) + right("records", 12) + right("now", 14) +
           right("could take", 14) + '\n';
    for (std::size_t i = 0; i != board_.consumers.size(); ++i) {
        const auto& c = board_.consumers[i];
        const auto pace = static_cast<std::uint64_t>(c.pace);
        out +=
            "  " + left(c.name, 22) + right(grouped(c.records), 12) +
            right(grouped(rate(now.consumed[i], before.consumed[i], time)) + "/s", 14) +
            right(pace == 0 ? "any number" : grouped(pace) + "/s", 14) +
            (held_back(now.batches[i], before.batches[i], time) >= 50 ? "  <- the slowest" : "") +
            '\n';
    }
    return out;
}

std::string live_view::line(const sample& now, const sample& before) const {
    const auto time = now.at - before.at;
    std::string out = right(seconds(now.at - board_.start), 8) + "  read";
    for (std::size_t i = 0; i != board_.files.size(); ++i)
        out += ' ' + grouped(now.read[i]) + " (" +
               grouped(rate(now.read[i], before.read[i], time)) + "/s)";
    out += "  lines waiting";
    for (const auto& r : now.lines)
        out += ' ' + fill(r);
    out += "  batches waiting";
    std::string slowest;
    for (std::size_t i = 0; i != now.batches.size(); ++i) {
        out += ' ' + fill(now.batches[i]);
        if (held_back(now.batches[i], before.batches[i], time) >= 50)
            slowest = "  all wait for " + board_.consumers[i].name;
    }
    return out + slowest + '\n';
}

boost::asio::awaitable<void> live_view::run(boost::asio::steady_timer& timer) {
    const auto period = terminal_ ? 100ms : 500ms;
    samples_.push_back(take_sample());
    boost::system::error_code stopped;
    for (;;) {
        timer.expires_after(period);
        co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, stopped));
        if (stopped)
            break;
        samples_.push_back(take_sample());
        while (samples_.size() > 2 && samples_.back().at - samples_.front().at > 1s)
            samples_.pop_front();
        if (!terminal_) {
            std::cout << line(samples_.back(), samples_.front()) << std::flush;
            continue;
        }
        picture_.draw(table(samples_.back(), samples_.front()));
    }
    std::cout << '\n';
}

} // namespace demo
