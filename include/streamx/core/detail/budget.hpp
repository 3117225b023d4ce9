#pragma once

namespace streamx::detail {

/// How many items are taken in a row before others on the executor get to run: by a driver, and by
/// an operator that may swallow any number of items before it gives one.
inline constexpr unsigned budget = 1024;

} // namespace streamx::detail
