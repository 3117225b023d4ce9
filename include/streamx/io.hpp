#pragma once

// Bytes as streams and sinks of items, over what Asio reads from and writes to. `json_lines_codec` is
// not here, as it needs Boost.JSON.

#include <streamx/io/bytes_codec.hpp>
#include <streamx/io/codec.hpp>
#include <streamx/io/delimited_codec.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/length_prefixed_codec.hpp>
#include <streamx/io/line_codec.hpp>
#include <streamx/io/sse_codec.hpp>
#include <streamx/io/write_buffer.hpp>
