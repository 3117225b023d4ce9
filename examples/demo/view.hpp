#pragma once

#include "counters.hpp"
#include "terminal.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace demo {

/// Shows a board while it changes: redrawn in place on a terminal, else a line every half second.
class live_view {
public:
    live_view(const board& b, bool terminal) : board_(b), terminal_(terminal) {}

    /// Until `timer` is cancelled. It runs on the timer's executor.
    boost::asio::awaitable<void> run(boost::asio::steady_timer& timer);

private:
    /// All readings of one moment.
    struct sample {
        clock::time_point at;
        std::vector<std::uint64_t> read;
        std::vector<std::uint64_t> consumed;
        std::vector<gauge::reading> lines;
        std::vector<gauge::reading> batches;
    };

    sample take_sample() const;
    std::string table(const sample& now, const sample& before) const;
    std::string line(const sample& now, const sample& before) const;

    const board& board_;
    bool terminal_;
    std::deque<sample> samples_; // of the last second
    demo::picture picture_;
};

} // namespace demo
