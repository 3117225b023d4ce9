#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/write_buffer.hpp>

#include <string_view>
#include <utility>

namespace streamx::io {

namespace detail {
/// Appends a chunk of these bytes (RFC 9112, section 7.1); of none: nothing, as that would be the end.
void write_chunk(const write_buffer& bytes, write_buffer& out);
/// Appends the end of a chunked body.
void write_last_chunk(write_buffer& out);
} // namespace detail

/// Writes what another encoder writes as chunks of an HTTP body, an item each.
template <encoder Codec>
class chunked_codec {
public:
    using value_type = typename Codec::value_type;

    explicit chunked_codec(Codec codec) : codec_(std::move(codec)) {}

    template <class T>
        requires encodes<Codec, T>
    void encode(T&& item, write_buffer& out) {
        item_.clear();
        codec_.encode(std::forward<T>(item), item_);
        detail::write_chunk(item_, out);
    }

private:
    Codec codec_;
    write_buffer item_;
};

} // namespace streamx::io
