// A log in short: how many lines of each level, and the last of each. Lines that cannot be read stay
// in the stream as error items until `divert_errors` takes them aside into a channel. A second
// coroutine reports them; if it cannot keep up the first one waits.
//
//   log_triage [<file>]      (by default examples/data/server.log)
//
// Prints:
//   line 8: does not begin with a time and a level
//   line 14: no such level: LOUD
//   line 19: does not begin with a time and a level
//   line 20: does not begin with a time and a level
//   ERROR          3   last at 2026-03-01T09:09:06: mailer: smtp.example.org refused the connection
//   WARNING        3   last at 2026-03-01T09:06:27: auth: 3 failed logins of user 1138
//   INFO          11   last at 2026-03-01T09:09:31: api: GET /health 200 in 1 ms
//   DEBUG          2   last at 2026-03-01T09:07:33: cache: evicted 40 keys
//   unreadable     4

#include "lines.hpp"

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;

constexpr std::array<std::string_view, 4> levels = {"ERROR", "WARNING", "INFO", "DEBUG"};

struct entry {
    std::size_t level; // the index in `levels`
    std::string time;
    std::string message;
};

struct bad_line {
    std::size_t number = 0;
    std::string why;
};

using parsed = streamx::result<entry, bad_line>;

/// `2026-03-01T09:00:02 INFO api: listening`, and its number in the file
parsed parse(const std::pair<std::size_t, std::string>& numbered) {
    const auto& [number, line] = numbered;
    std::istringstream in(line);
    entry e{};
    std::string level;
    if (!(in >> e.time >> level) || e.time.size() != 19 || e.time[10] != 'T')
        return bad_line{number + 1, "does not begin with a time and a level"};
    const auto found = std::ranges::find(levels, level);
    if (found == levels.end())
        return bad_line{number + 1, "no such level: " + level};
    e.level = static_cast<std::size_t>(found - levels.begin());
    std::getline(in >> std::ws, e.message);
    return e;
}

struct summary {
    struct one {
        std::size_t count = 0;
        entry last;
    };
    std::array<one, levels.size()> of;
};

// [triage]
asio::awaitable<summary> triage(std::string path, streamx::sender<bad_line> bad) {
    auto entries = lines(path) | streamx::enumerate() | streamx::map(parse) |
                   streamx::divert_errors(std::move(bad));
    summary all;
    while (auto e = co_await entries.next()) {
        auto& level = all.of[e->level];
        ++level.count;
        level.last = *std::move(e);
    }
    co_return all;
} // the channel's only sender goes with `entries`: `report` comes to its end

asio::awaitable<std::size_t> report(streamx::receiver<bad_line> bad) {
    std::size_t count = 0;
    for (; auto line = co_await bad.next(); ++count)
        std::cout << "line " << line->number << ": " << line->why << '\n';
    co_return count;
}
// [/triage]

asio::awaitable<void> run(std::string path) {
    using namespace asio::experimental::awaitable_operators;
    auto [tx, rx] = streamx::make_channel<bad_line>(co_await asio::this_coro::executor, 4);
    auto [all, unreadable] = co_await (triage(path, std::move(tx)) && report(std::move(rx)));

    for (std::size_t level = 0; level != levels.size(); ++level) {
        const auto& [count, last] = all.of[level];
        std::cout << std::left << std::setw(11) << levels[level] << std::right << std::setw(5)
                  << count;
        if (count != 0)
            std::cout << "   last at " << last.time << ": " << last.message;
        std::cout << '\n';
    }
    std::cout << std::left << std::setw(11) << "unreadable" << std::right << std::setw(5)
              << unreadable << '\n';
}

int main(int argc, char** argv) {
    try {
        asio::io_context context;
        auto done = asio::co_spawn(
            context, run(argc > 1 ? argv[1] : "examples/data/server.log"), asio::use_future);
        context.run();
        done.get();
    } catch (const std::exception& e) {
        std::cerr << "log_triage: " << e.what() << '\n';
        return 1;
    }
}
