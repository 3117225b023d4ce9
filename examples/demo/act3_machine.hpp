#pragma once

#include <chrono>
#include <cstdint>

namespace demo {

/// What this machine did in one tenth of a second.
struct machine_sample {
    std::uint64_t number = 0;
    double cpu = 0;    ///< percent of all processors
    double memory = 0; ///< percent that is in use
    double in = 0;     ///< bytes a second, of all networks but the machine's own
    double out = 0;
};

/// Reads the counters of /proc; each sample is what has changed since the one before.
class machine {
public:
    machine();
    machine_sample sample();

private:
    struct counters {
        std::uint64_t busy = 0, all = 0, in = 0, out = 0;
        std::chrono::steady_clock::time_point at;
    };
    static counters read();

    counters last_;
    std::uint64_t number_ = 0;
};

} // namespace demo
