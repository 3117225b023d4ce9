#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/any_handler.hpp>

namespace streamx::detail {

/// Any handler of a wait: what crosses the border of an `any_stream` or `any_sink`.
using any_wait_handler = any_handler<error_code>;

} // namespace streamx::detail
