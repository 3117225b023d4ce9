#pragma once

#include <streamx/io/delimited_codec.hpp>
#include <streamx/io/framed_sink.hpp>
#include <streamx/io/framed_stream.hpp>

#include <string>
#include <utility>

namespace streamx::io {

/// What is read, cut at a delimiter of one or more bytes, as `std::string`s or `Item`s
/// (`delimited<shared_bytes>`). An item that is longer than `limits.frame` fails the stream with
/// `errc::frame_too_long`, and bytes without a delimiter at the end with `errc::truncated`.
template <detail::byte_item Item = std::string, byte_stream_ref S>
[[nodiscard]] auto
delimited(S&& stream, std::string delimiter, const endpoint_limits& limits = {}) {
    return detail::read_framed(
        std::forward<S>(stream),
        basic_delimited_codec<Item>(std::move(delimiter), limits.frame),
        limits);
}

/// The same without a copy: items are `std::string_view`s, valid until the next pull.
template <byte_stream_ref S>
[[nodiscard]] auto
delimited_view(S&& stream, std::string delimiter, const endpoint_limits& limits = {}) {
    return detail::read_framed(
        std::forward<S>(stream), delimited_view_codec(std::move(delimiter), limits.frame), limits);
}

/// A sink that writes a delimiter behind each item. One that contains it is refused with
/// `errc::unencodable`.
template <byte_stream_ref S>
[[nodiscard]] auto
delimited_sink(S&& stream, std::string delimiter, const endpoint_limits& limits = {}) {
    return detail::write_framed(
        std::forward<S>(stream), delimited_codec(std::move(delimiter), limits.frame), limits);
}

} // namespace streamx::io
