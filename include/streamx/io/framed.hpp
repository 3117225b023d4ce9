#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/detail/connection.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/framed_sink.hpp>
#include <streamx/io/framed_stream.hpp>

#include <memory>
#include <utility>

namespace streamx::io {

/// The two halves of a connection: `auto [in, out] = framed<line_codec>(std::move(socket))`.
template <class S, codec Codec>
struct framed_ends {
    framed_stream<S, Codec> in;
    framed_sink<S, Codec> out;
};

/// A stream and a sink that share a stream of bytes, each for itself: one may be gone while the other
/// goes on. A stream that is owned (given as an rvalue) is closed when both are gone, and what is queued
/// is written.
template <codec Codec, byte_stream_ref S>
[[nodiscard]] framed_ends<S, Codec>
framed(S&& stream, const endpoint_limits& limits = {}, Codec codec = Codec()) {
    const auto shared = std::make_shared<detail::connection<S>>(std::forward<S>(stream), limits);
    return {
        framed_stream<S, Codec>(shared, codec), framed_sink<S, Codec>(shared, std::move(codec))};
}
template <codec Codec, byte_stream_ref S>
[[nodiscard]] framed_ends<S, Codec>
framed(S&& stream, Codec codec, const endpoint_limits& limits = {}) {
    return framed<Codec>(std::forward<S>(stream), limits, std::move(codec));
}

} // namespace streamx::io
