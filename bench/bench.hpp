#pragma once

// A small harness: each bench is a function that runs n items and returns a checksum. It is timed
// `--reps` times over as many items as take `--target-ms`, and prints one line:
//
//     bench=<name> items=<n> ns_per_item=<median> min=<least>
//
// A wrong checksum ends the program with an error.

#include <cstdint>
#include <functional>
#include <string>

namespace streamx::bench {

/// Reads the command line; ends the program on an option it does not know.
///   --filter=<part of a name>  --exact=<name>  --list
///   --items=<n>                exactly so many items, with no warming up (to count instructions)
///   --reps=<n>  --target-ms=<n>
///   --unchecked                without a look at the checksum, whose cost would be counted too
///   --second-thread            let the process have had a second thread: glibc's locks and
///                              shared_ptr cost less as long as it had but one
void init(int argc, char** argv);

/// Whether the command line asks for this bench; prints its name and says no under `--list`.
bool selected(const std::string& name);

/// Runs one bench, if selected. `body(n)` returns the checksum of n items, `expected(n)` what it
/// has to be. The number of items is a multiple of `multiple`.
void run(
    const std::string& name,
    const std::function<std::uint64_t(std::uint64_t)>& body,
    const std::function<std::uint64_t(std::uint64_t)>& expected,
    std::uint64_t multiple = 1);

/// As long as one lives, time does not count: for what a body has to prepare in between.
class untimed {
public:
    untimed();
    ~untimed();
    untimed(const untimed&) = delete;
    untimed& operator=(const untimed&) = delete;
};

/// 0 + 1 + ... + (n - 1): the checksum of most benches.
inline std::uint64_t sum_below(std::uint64_t n) { return n == 0 ? 0 : n * (n - 1) / 2; }

} // namespace streamx::bench
