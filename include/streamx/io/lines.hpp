#pragma once

#include <streamx/io/framed_sink.hpp>
#include <streamx/io/framed_stream.hpp>
#include <streamx/io/line_codec.hpp>

#include <string>
#include <utility>

namespace streamx::io {

/// The lines that are read, without their ends: LF or CRLF. The last one needs none. Items are
/// `std::string`s, or `Item`s (`lines<shared_bytes>`). One that is longer than `limits.line` fails the
/// stream with `errc::line_too_long`.
template <detail::byte_item Item = std::string, byte_stream_ref S>
[[nodiscard]] auto lines(S&& stream, const endpoint_limits& limits = {}) {
    return detail::read_framed(
        std::forward<S>(stream), basic_line_codec<Item>(limits.line), limits);
}

/// The same without a copy: items are `std::string_view`s, valid until the next pull.
template <byte_stream_ref S>
[[nodiscard]] auto lines_view(S&& stream, const endpoint_limits& limits = {}) {
    return detail::read_framed(std::forward<S>(stream), line_view_codec(limits.line), limits);
}

/// A sink that writes items as lines. One that contains a line's end is refused with
/// `errc::unencodable`.
template <byte_stream_ref S>
[[nodiscard]] auto
lines_sink(S&& stream, line_end ends_with = line_end::lf, const endpoint_limits& limits = {}) {
    return detail::write_framed(
        std::forward<S>(stream), line_codec(limits.line, ends_with), limits);
}
/// @copydoc lines_sink
template <byte_stream_ref S>
[[nodiscard]] auto lines_sink(S&& stream, const endpoint_limits& limits) {
    return lines_sink(std::forward<S>(stream), line_end::lf, limits);
}

} // namespace streamx::io
