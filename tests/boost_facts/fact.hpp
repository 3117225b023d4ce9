#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <boost/version.hpp>

// What the files of this folder share. Each pins one thing that Boost 1.81 does and that this
// library works around, so that a Boost which behaves differently is noticed. A test observes
// first; where the fact is mended it is skipped, which is allowed on a newer Boost only.

namespace streamx::testing {

namespace asio = boost::asio;
using boost::system::error_code;

using raw_channel = asio::experimental::channel<void(error_code, int)>;

/// Whether this Boost is newer than the one the facts were found in, so that it may have mended
/// them.
inline constexpr bool newer_boost = BOOST_VERSION > 108100;

/// How an operation ended, for a handler to write down.
struct outcome {
    int calls = 0;
    error_code ec;
    int item = 0;
};

} // namespace streamx::testing
