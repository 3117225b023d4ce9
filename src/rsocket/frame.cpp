#include "frame.hpp"

#include "big_endian.hpp"

#include <streamx/io/codec.hpp>

namespace streamx::rsocket {
namespace {

template <class Out>
void put_string(Out& out, std::string_view s, std::size_t size) {
    if (s.size() >> (8 * size) != 0)
        io::throw_codec_error(
            streamx::errc::unencodable, "rsocket: a token or MIME type is too long");
    put_number(out, s.size(), size);
    out.append(s);
}

/// "Metadata Optional Header": a length before it where data follows.
template <class Out>
void put_content(Out& out, const frame& f) {
    if (f.metadata) {
        if (f.metadata->size() > max_frame_size)
            io::throw_codec_error(streamx::errc::frame_too_long, "rsocket");
        put_number(out, f.metadata->size(), 3);
        out.append(*f.metadata);
    }
    out.append(f.data);
}

void get_content(field_reader& in, frame& f) noexcept {
    if (f.has(flags::metadata))
        f.metadata = in.bytes(in.number(3));
    f.data = in.rest();
}

template <class Out>
void put_body(Out& out, const frame& f) {
    switch (f.type) {
    case frame_type::setup:
        put_number(out, f.major, 2);
        put_number(out, f.minor, 2);
        put_number(out, f.interval & max_31, 4);
        put_number(out, f.lifetime & max_31, 4);
        if (f.has(flags::resume))
            put_string(out, f.token, 2);
        put_string(out, f.metadata_mime, 1);
        put_string(out, f.data_mime, 1);
        return put_content(out, f);
    case frame_type::lease:
        put_number(out, f.ttl & max_31, 4);
        put_number(out, f.requests & max_31, 4);
        out.append(f.metadata.value_or(std::string_view()));
        return;
    case frame_type::keepalive:
        put_number(out, f.position & max_63, 8);
        out.append(f.data);
        return;
    case frame_type::request_stream:
    case frame_type::request_channel:
        put_number(out, f.n & max_31, 4);
        return put_content(out, f);
    case frame_type::request_response:
    case frame_type::request_fnf:
    case frame_type::payload:
        return put_content(out, f);
    case frame_type::request_n:
        put_number(out, f.n & max_31, 4);
        return;
    case frame_type::cancel:
        return;
    case frame_type::error:
        put_number(out, f.n, 4);
        out.append(f.data);
        return;
    case frame_type::metadata_push:
        out.append(f.metadata.value_or(std::string_view()));
        return;
    case frame_type::resume:
        put_number(out, f.major, 2);
        put_number(out, f.minor, 2);
        put_string(out, f.token, 2);
        put_number(out, f.position & max_63, 8);
        put_number(out, f.first & max_63, 8);
        return;
    case frame_type::resume_ok:
        put_number(out, f.position & max_63, 8);
        return;
    case frame_type::ext:
        put_number(out, f.n & max_31, 4);
        out.append(f.data);
        return;
    }
}

std::uint32_t number_31(field_reader& in) noexcept {
    return static_cast<std::uint32_t>(in.number(4)) & max_31;
}

std::uint64_t number_63(field_reader& in) noexcept { return in.number(8) & max_63; }

void get_body(field_reader& in, frame& f) noexcept {
    switch (f.type) {
    case frame_type::setup:
        f.major = static_cast<std::uint16_t>(in.number(2));
        f.minor = static_cast<std::uint16_t>(in.number(2));
        f.interval = number_31(in);
        f.lifetime = number_31(in);
        if (f.has(flags::resume))
            f.token = in.bytes(in.number(2));
        f.metadata_mime = in.bytes(in.number(1));
        f.data_mime = in.bytes(in.number(1));
        return get_content(in, f);
    case frame_type::lease:
        f.ttl = number_31(in);
        f.requests = number_31(in);
        if (f.has(flags::metadata))
            f.metadata = in.rest();
        return;
    case frame_type::keepalive:
        f.position = number_63(in);
        f.data = in.rest();
        return;
    case frame_type::request_stream:
    case frame_type::request_channel:
        f.n = number_31(in);
        return get_content(in, f);
    case frame_type::request_response:
    case frame_type::request_fnf:
    case frame_type::payload:
        return get_content(in, f);
    case frame_type::request_n:
        f.n = number_31(in);
        return;
    case frame_type::cancel:
        return;
    case frame_type::error:
        f.n = static_cast<std::uint32_t>(in.number(4));
        f.data = in.rest();
        return;
    case frame_type::metadata_push:
        f.metadata = in.rest();
        return;
    case frame_type::resume:
        f.major = static_cast<std::uint16_t>(in.number(2));
        f.minor = static_cast<std::uint16_t>(in.number(2));
        f.token = in.bytes(in.number(2));
        f.position = number_63(in);
        f.first = number_63(in);
        return;
    case frame_type::resume_ok:
        f.position = number_63(in);
        return;
    case frame_type::ext:
        f.n = number_31(in);
        f.data = in.rest();
        return;
    }
}

frame get_header(field_reader& in) noexcept {
    frame f;
    f.stream = number_31(in);
    const auto word = static_cast<std::uint16_t>(in.number(2));
    f.type = static_cast<frame_type>(word >> 10);
    f.flags = word & 0x3FF;
    return f;
}

} // namespace

std::optional<frame> decode_header(std::string_view bytes) noexcept {
    field_reader in(bytes);
    const frame f = get_header(in);
    return in ? std::optional(f) : std::nullopt;
}

std::optional<frame> decode(std::string_view bytes) noexcept {
    field_reader in(bytes);
    frame f = get_header(in);
    get_body(in, f);
    return in ? std::optional(f) : std::nullopt;
}

template <class Out>
void encode(const frame& f, Out& out) {
    const auto start = out.size();
    try {
        put_number(out, 0, length_size); // which is not known yet
        put_number(out, f.stream & max_31, 4);
        const unsigned m = f.metadata ? flags::metadata : 0U;
        put_number(out, static_cast<unsigned>(f.type) << 10 | f.flags | m, 2);
        put_body(out, f);
        if (out.size() - start - length_size > max_frame_size)
            io::throw_codec_error(streamx::errc::frame_too_long, "rsocket");
    } catch (...) {
        out.resize(start);
        throw;
    }
    const auto size = out.size() - start - length_size;
    out[start] = static_cast<char>(size >> 16);
    out[start + 1] = static_cast<char>(size >> 8);
    out[start + 2] = static_cast<char>(size);
}

template void encode(const frame& f, std::string& out);
template void encode(const frame& f, out_bytes& out);

void throw_too_long() { io::throw_codec_error(streamx::errc::frame_too_long, "rsocket"); }

} // namespace streamx::rsocket
