#pragma once

#include <streamx/io/framed_sink.hpp>
#include <streamx/io/framed_stream.hpp>
#include <streamx/io/json_lines_codec.hpp>

#include <utility>

namespace streamx::io {

/// JSON texts, one a line, as items of any type that `boost::json::value_to` knows.
///
/// Who includes this header links Boost.JSON (`Boost::json`).
template <class T = boost::json::value, byte_stream_ref S>
[[nodiscard]] auto json_lines(S&& stream, const endpoint_limits& limits = {}) {
    return detail::read_framed(std::forward<S>(stream), json_lines_codec<T>(limits.line), limits);
}

/// A sink that writes items, of any type that `boost::json::value_from` knows, as JSON texts, one a
/// line.
template <class T = boost::json::value, byte_stream_ref S>
[[nodiscard]] auto json_lines_sink(S&& stream, const endpoint_limits& limits = {}) {
    return detail::write_framed(std::forward<S>(stream), json_lines_codec<T>(limits.line), limits);
}

} // namespace streamx::io
