#pragma once

#include <streamx/io/framed_sink.hpp>
#include <streamx/io/framed_stream.hpp>
#include <streamx/io/length_prefixed_codec.hpp>

#include <string>
#include <utility>

namespace streamx::io {

/// Frames that begin with their length: four bytes in network order, or what `form` says. Items are
/// `std::string`s, or `Item`s (`length_prefixed<shared_bytes>`). One that is longer than `limits.frame` in
/// all fails the stream with `errc::frame_too_long` before it has come.
template <detail::byte_item Item = std::string, byte_stream_ref S>
[[nodiscard]] auto
length_prefixed(S&& stream, length_prefix form = {}, const endpoint_limits& limits = {}) {
    return detail::read_framed(
        std::forward<S>(stream), basic_length_prefixed_codec<Item>(form, limits.frame), limits);
}
/// @copydoc length_prefixed
template <detail::byte_item Item = std::string, byte_stream_ref S>
[[nodiscard]] auto length_prefixed(S&& stream, const endpoint_limits& limits) {
    return length_prefixed<Item>(std::forward<S>(stream), length_prefix(), limits);
}

/// The same without a copy: items are `std::string_view`s, valid until the next pull.
template <byte_stream_ref S>
[[nodiscard]] auto
length_prefixed_view(S&& stream, length_prefix form = {}, const endpoint_limits& limits = {}) {
    return detail::read_framed(
        std::forward<S>(stream), length_prefixed_view_codec(form, limits.frame), limits);
}
/// @copydoc length_prefixed_view
template <byte_stream_ref S>
[[nodiscard]] auto length_prefixed_view(S&& stream, const endpoint_limits& limits) {
    return length_prefixed_view(std::forward<S>(stream), length_prefix(), limits);
}

/// A sink that writes its length before each item.
template <byte_stream_ref S>
[[nodiscard]] auto
length_prefixed_sink(S&& stream, length_prefix form = {}, const endpoint_limits& limits = {}) {
    return detail::write_framed(
        std::forward<S>(stream), length_prefixed_codec(form, limits.frame), limits);
}
/// @copydoc length_prefixed_sink
template <byte_stream_ref S>
[[nodiscard]] auto length_prefixed_sink(S&& stream, const endpoint_limits& limits) {
    return length_prefixed_sink(std::forward<S>(stream), length_prefix(), limits);
}

} // namespace streamx::io
