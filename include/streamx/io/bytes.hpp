#pragma once

#include <streamx/io/bytes_codec.hpp>
#include <streamx/io/framed_sink.hpp>
#include <streamx/io/framed_stream.hpp>

#include <string>
#include <utility>

namespace streamx::io {

/// What is read, as it comes: each item is what had come when it was taken, as a `std::string` or another
/// type of bytes (`bytes<shared_bytes>`). Ends at the end of input, whatever came before.
template <detail::byte_item Item = std::string, byte_stream_ref S>
[[nodiscard]] auto bytes(S&& stream, const endpoint_limits& limits = {}) {
    return detail::read_framed(std::forward<S>(stream), basic_bytes_codec<Item>(), limits);
}

/// The same without a copy: items are `std::string_view`s, valid until the next pull.
template <byte_stream_ref S>
[[nodiscard]] auto bytes_view(S&& stream, const endpoint_limits& limits = {}) {
    return detail::read_framed(std::forward<S>(stream), bytes_view_codec(), limits);
}

/// A sink that writes items as they are.
template <byte_stream_ref S>
[[nodiscard]] auto bytes_sink(S&& stream, const endpoint_limits& limits = {}) {
    return detail::write_framed(std::forward<S>(stream), bytes_codec(), limits);
}

} // namespace streamx::io
