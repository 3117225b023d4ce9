#pragma once

#include <streamx/io/bytes_codec.hpp>
#include <streamx/io/framed_sink.hpp>
#include <streamx/io/framed_stream.hpp>

#include <utility>

namespace streamx::io {

/// What is read, as it comes: each item (a `std::string`) is what had come when it was taken.
/// Ends at the end of input, whatever came before.
template <byte_stream_ref S>
[[nodiscard]] auto bytes(S&& stream, const endpoint_limits& limits = {}) {
    return detail::read_framed(std::forward<S>(stream), bytes_codec(), limits);
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
