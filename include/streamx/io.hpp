#pragma once

// Bytes as streams and sinks of items, over what Asio reads from and writes to. `json_lines` is
// not here, as it needs Boost.JSON.

#include <streamx/io/accept_stream.hpp>
#include <streamx/io/async_shutdown.hpp>
#include <streamx/io/bytes.hpp>
#include <streamx/io/bytes_codec.hpp>
#include <streamx/io/codec.hpp>
#include <streamx/io/delimited.hpp>
#include <streamx/io/delimited_codec.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/framed.hpp>
#include <streamx/io/framed_sink.hpp>
#include <streamx/io/framed_stream.hpp>
#include <streamx/io/length_prefixed.hpp>
#include <streamx/io/length_prefixed_codec.hpp>
#include <streamx/io/line_codec.hpp>
#include <streamx/io/lines.hpp>
#include <streamx/io/reconnect.hpp>
#include <streamx/io/resolve_and_connect.hpp>
#include <streamx/io/shared_bytes.hpp>
#include <streamx/io/signal_stream.hpp>
#include <streamx/io/sse_codec.hpp>
#include <streamx/io/write_buffer.hpp>
