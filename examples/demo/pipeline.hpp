#pragma once

#include "counters.hpp"
#include "plan.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <filesystem>
#include <future>
#include <vector>

namespace demo {

/// Starts everything on `context`, whose threads somebody runs:
///
///     file -> reader -> [channel] -> parse, filter \                           / [channel] ->
///     statistics
///                                                   merge -> chunks -> hand out -> [channel] ->
///                                                   index
///     file -> reader -> [channel] -> parse, filter /                           \ [channel] ->
///     archive
///
/// Each reader, the middle and each consumer is on a strand of its own. When `stop` becomes true
/// the readers stop, and what they have read is drained.
std::vector<std::future<void>> start_pipeline(
    boost::asio::io_context& context,
    const std::vector<std::filesystem::path>& files,
    const plan& plan,
    board& board,
    const std::atomic<bool>& stop);

} // namespace demo
