#pragma once

namespace streamx::detail {

/// How many items are taken in a row before others on the executor get to run.
inline constexpr unsigned budget = 1024;

} // namespace streamx::detail
