#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <vector>

namespace demo {

inline constexpr std::size_t lines_in_channel = 256;
inline constexpr std::size_t batches_in_channel = 8;
inline constexpr std::size_t batch_size = 16;

/// How long a file is read at most: after that what was read is drained, which takes a few seconds.
inline constexpr std::chrono::seconds reading_time(15);

/// How fast the two consumers that imitate a slow system are, in records a second. It depends on
/// how much there is, so that any file takes long enough to be watched and none takes too long.
struct plan {
    double index;          ///< all the time
    double archive;        ///< at first, and at the end
    double archive_at_ebb; ///< between `ebb_begins` and `ebb_ends` it becomes the slowest of all
    std::chrono::seconds ebb_begins = std::chrono::seconds(3);
    std::chrono::seconds ebb_ends = std::chrono::seconds(7);
};

/// Looks at the first lines of each file to guess how many records there will be.
plan make_plan(const std::vector<std::filesystem::path>& files);

} // namespace demo
