#include "acts.hpp"
#include "terminal.hpp"
#include "text.hpp"

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

namespace demo {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr std::size_t capacity = 16;
constexpr auto beat = 4ms;        // the producer makes an item a beat
constexpr auto put_time = 1600ms; // how long
constexpr int taken_before_stuck = 40;
constexpr auto stuck_time = 1000ms;
constexpr std::size_t window = 40; // so many of the last items are in the picture

/// What happens in a round, and what a consumer does about its overflow.
struct policy {
    streamx::overflow overflow;
    std::string name;
    std::string what_it_means;
};

/// What a consumer is like.
enum class kind { full_speed, half_speed, stuck };

struct consumer {
    std::string name;
    kind what;
    std::optional<streamx::subscription<int>> items; ///< until it leaves
    std::string now = "takes items";
    streamx::subscription_stats last = {};

    const streamx::subscription_stats& look() {
        if (items)
            last = items->stats();
        return last;
    }
};

/// One producer, three consumers, one policy.
class round {
public:
    round(const policy& p, int number) : policy_(p), number_(number) {
        for (auto& c : consumers_)
            c.items.emplace(
                items_.subscribe({.overflow = p.overflow, .capacity = capacity, .name = c.name}));
    }

    /// Whether everybody got what the policy promises.
    bool run() {
        const auto fail = [](std::exception_ptr failure) {
            if (failure)
                std::rethrow_exception(failure);
        };
        asio::co_spawn(context_, produce(), fail);
        for (auto& c : consumers_)
            asio::co_spawn(context_, consume(c), fail);
        asio::co_spawn(context_, view(), fail);
        context_.run();
        return is_as_promised();
    }

private:
    static asio::awaitable<void> sleep(clock::duration time) {
        asio::steady_timer timer(co_await asio::this_coro::executor, time);
        co_await timer.async_wait(asio::use_awaitable);
    }

    asio::awaitable<void> produce() {
        const auto until = clock::now() + put_time;
        for (int i = 0; clock::now() < until; ++i) {
            co_await items_.put(i); // suspended by whoever is to be waited for
            co_await sleep(beat);
        }
        items_.close();
    }

    asio::awaitable<void> consume(consumer& c) {
        for (int taken = 0; auto item = co_await c.items->next(); ++taken) {
            if (c.what == kind::half_speed)
                co_await sleep(2 * beat);
            if (c.what == kind::stuck && taken == taken_before_stuck) {
                c.now = "is stuck";
                co_await sleep(stuck_time);
                c.look();
                if (policy_.overflow == streamx::overflow::wait) {
                    c.items.reset(); // it holds up nobody any more
                    c.now = "was stuck, has left";
                    co_return;
                }
                c.now = "takes items again";
            }
        }
        c.now = items_.is_open() ? "was cut off" : "has come to the end";
    }

    bool over() {
        return !items_.is_open() && std::ranges::all_of(consumers_, [](auto& c) {
            return c.now.starts_with("was") || c.now.starts_with("has");
        });
    }

    asio::awaitable<void> view() {
        const bool terminal = is_terminal(12);
        picture screen;
        for (int frame = 1; !over(); ++frame) {
            co_await sleep(50ms);
            if (terminal)
                screen.draw(table());
            else if (frame == 16) // in the middle of it
                std::cout << table() << '\n';
        }
        if (terminal)
            screen.draw(table());
        else
            std::cout << table();
        std::cout << '\n';
    }

    std::string table() {
        const auto stats = items_.stats();
        std::string out = "  " + std::to_string(number_) + ". overflow::" + policy_.name + ": " +
                          policy_.what_it_means + "\n\n  producer  put " + grouped(stats.put);
        if (!items_.is_open())
            out += ", and is done";
        else if (stats.held_back)
            out += ", waits for " + stats.held_back_by + " since " + seconds(stats.held_for);
        out += "\n\n  " + left("consumer", 10) + left("its place in the last items", window + 2) +
               right("taken", 7) + right("lag", 5) + right("missed", 8) + '\n';
        for (auto& c : consumers_)
            out += row(c, stats.put);
        return out;
    }

    /// What it has behind it, it itself, and what is there for it.
    static std::string row(consumer& c, std::uint64_t put) {
        const auto& s = c.look();
        const bool gone = s.delivered + s.missed + s.lag < put;
        const auto behind = std::min<std::uint64_t>(put - s.delivered - s.missed, window);
        std::string place(window - behind, '=');
        place += '>';
        place.append(behind, gone ? ' ' : '.');
        return "  " + left(c.name, 10) + left(place, window + 2) + right(grouped(s.delivered), 7) +
               right(grouped(s.lag), 5) + right(grouped(s.missed), 8) + "  " + c.now +
               (gone && c.now == "is stuck" ? ", cut off" : "") + '\n';
    }

    bool is_as_promised() {
        const auto put = items_.stats().put;
        const auto has_all = [put](consumer& c) { return c.look().delivered == put; };
        const auto accounts_for_all = [put](consumer& c) {
            return c.look().delivered + c.last.missed == put;
        };
        switch (policy_.overflow) {
        case streamx::overflow::wait: // but for the one that has left
            return has_all(consumers_[0]) && has_all(consumers_[1]);
        case streamx::overflow::drop_oldest:
            return has_all(consumers_[0]) && std::ranges::all_of(consumers_, accounts_for_all);
        default:
            return has_all(consumers_[0]) && !has_all(consumers_[2]);
        }
    }

    policy policy_;
    int number_;
    asio::io_context context_;
    streamx::broadcast<int> items_{context_.get_executor()};
    std::array<consumer, 3> consumers_{
        {{"full", kind::full_speed, {}},
         {"half", kind::half_speed, {}},
         {"stuck", kind::stuck, {}}}};
};

} // namespace

int act2(const arguments&) {
    std::cout << "One producer, an item every " << beat.count()
              << " ms; a consumer at full speed, one at half, one that gets\nstuck. Each may be "
              << capacity << " items behind. What then happens is its own choice.\n\n"
              << std::flush;
    const policy policies[] = {
        {streamx::overflow::wait, "wait", "nothing is lost, the slowest sets the pace"},
        {streamx::overflow::drop_oldest, "drop_oldest", "who is slow misses the oldest"},
        {streamx::overflow::disconnect, "disconnect", "who is slow is cut off"}};
    bool as_promised = true;
    for (int number = 0; const auto& p : policies)
        as_promised = round(p, ++number).run() && as_promised;
    std::cout
        << (as_promised ? "Everybody got what its policy promises.\n"
                        : "SOMEBODY DID NOT GET WHAT ITS POLICY PROMISES.\n");
    return as_promised ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace demo
