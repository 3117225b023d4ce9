#pragma once

#include <chrono>

#include <time.h>

namespace streamx::detail {

/// A monotonic clock that is read in a few nanoseconds and ticks every few milliseconds: right on
/// average and in a sum, which is what statistics need of it, and not for one short interval.
inline std::chrono::nanoseconds coarse_now() noexcept {
#ifdef CLOCK_MONOTONIC_COARSE
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
#else
    return std::chrono::steady_clock::now().time_since_epoch();
#endif
}

} // namespace streamx::detail
