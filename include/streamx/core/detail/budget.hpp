#pragma once

namespace streamx::detail {

/// How many items an operation takes in a row before others on its executor get to run.
inline constexpr unsigned budget = 1024;

/// How many items a source that is always ready gives in a row before it is pending once.
inline constexpr unsigned stretch = 4096;

} // namespace streamx::detail
