#pragma once

#include <streamx/channels/channel_stats.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace demo {

using clock = std::chrono::steady_clock;

/// What happens to the lines of one file. Written on strands, read by the view.
struct file_counters {
    std::string name;
    std::uintmax_t bytes = 0;
    std::atomic<std::uint64_t> read = 0;
    std::atomic<std::uint64_t> not_text = 0;
    std::atomic<std::uint64_t> filtered = 0;
    std::atomic<std::uint64_t> passed = 0;
    std::atomic<bool> cut_short = false;
    std::atomic<clock::rep> reading = 0; ///< time spent on reading alone
    std::atomic<clock::rep> took = 0;    ///< from the first line to the last
};

/// What a consumer has got.
struct consumer_counters {
    std::string name;
    std::atomic<std::uint64_t> batches = 0;
    std::atomic<std::uint64_t> records = 0;
    std::atomic<double> pace = 0; ///< records a second that it can take; 0: as fast as it can
};

/// A channel seen from outside.
struct gauge {
    struct reading {
        std::size_t size = 0;
        std::size_t capacity = 0;
        streamx::channel_stats stats;
    };

    std::string name;
    std::string producer;
    std::function<reading()> read;
};

/// All that the view shows. Its lists are complete before anything runs.
struct board {
    clock::time_point start = clock::now();
    std::deque<file_counters> files;
    std::deque<consumer_counters> consumers;
    std::vector<gauge> line_channels;  ///< one for each file
    std::vector<gauge> batch_channels; ///< one for each consumer
};

} // namespace demo
