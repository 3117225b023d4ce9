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

/// How the body of an HTTP response is written.
enum class http_body_form {
    chunked, ///< an item a chunk
    plain,   ///< as it is, up to the end of the connection: for clients that speak HTTP/1.0
    none,    ///< not at all: of what answers a HEAD only the header is sent
};

/// Writes what another encoder writes as an HTTP body.
template <encoder Codec>
class chunked_codec {
public:
    using value_type = typename Codec::value_type;

    explicit chunked_codec(Codec codec, http_body_form form = http_body_form::chunked)
        : codec_(std::move(codec)), form_(form) {}

    template <class T>
        requires encodes<Codec, T>
    void encode(T&& item, write_buffer& out) {
        if (form_ == http_body_form::plain)
            return codec_.encode(std::forward<T>(item), out);
        item_.clear();
        codec_.encode(std::forward<T>(item), item_);
        if (form_ == http_body_form::chunked)
            detail::write_chunk(item_, out);
    }

private:
    Codec codec_;
    http_body_form form_;
    write_buffer item_;
};

} // namespace streamx::io
