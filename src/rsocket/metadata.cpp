#include <streamx/rsocket/metadata.hpp>

#include "big_endian.hpp"
#include "frame.hpp"

#include <streamx/io/codec.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::rsocket {
namespace {

// "Well-known MIME Types": from 0 without a gap, and from 0x7A to 0x7F.
constexpr auto first_types = std::to_array<std::string_view>({
    "application/avro",
    "application/cbor",
    "application/graphql",
    "application/gzip",
    "application/javascript",
    "application/json",
    "application/octet-stream",
    "application/pdf",
    "application/vnd.apache.thrift.binary",
    "application/vnd.google.protobuf",
    "application/xml",
    "application/zip",
    "audio/aac",
    "audio/mp3",
    "audio/mp4",
    "audio/mpeg3",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/vorbis",
    "image/bmp",
    "image/gif",
    "image/heic-sequence",
    "image/heic",
    "image/heif-sequence",
    "image/heif",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "multipart/mixed",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
    "video/H264",
    "video/H265",
    "video/VP8",
    "application/x-hessian",
    "application/x-java-object",
    "application/cloudevents+json",
    "application/x-capnp",
    "application/x-flatbuffers",
});
constexpr std::uint8_t first_of_last = 0x7A;
constexpr auto last_types = std::to_array<std::string_view>({
    "message/x.rsocket.mime-type.v0",
    "message/x.rsocket.accept-mime-types.v0",
    "message/x.rsocket.authentication.v0",
    "message/x.rsocket.tracing-zipkin.v0",
    "message/x.rsocket.routing.v0",
    "message/x.rsocket.composite-metadata.v0",
});

constexpr unsigned well_known = 0x80;
constexpr std::uint8_t simple_id = 0, bearer_id = 1; // "Well-known Authentication Types"

[[noreturn]] void malformed(const char* what) {
    io::throw_codec_error(streamx::errc::malformed, what);
}
[[noreturn]] void unencodable(const char* what) {
    io::throw_codec_error(streamx::errc::unencodable, what);
}

/// A number, or a name with its length before it. The specification gives seven bits up to 128, which
/// the implementations for Java and JavaScript read as the length less one; so do we.
void put_name(std::string& out, std::optional<std::uint8_t> id, std::string_view name) {
    if (id)
        return put_number(out, well_known | *id, 1);
    if (name.empty() || name.size() > 0x80)
        unencodable("rsocket: a type in metadata has 1 to 128 bytes");
    put_number(out, name.size() - 1, 1);
    out.append(name);
}

void put_tag(std::string& out, std::string_view tag) {
    if (tag.size() > 0xFF)
        unencodable("rsocket: a route has at most 255 bytes");
    put_number(out, tag.size(), 1);
    out += tag;
}

/// A list is to be written that is so long.
void check_length(std::size_t listed) {
    if (listed > max_listed)
        unencodable("rsocket: metadata lists at most 256 of a kind");
}

/// One more has been read of a list that has so many already.
void check_room(std::size_t listed) {
    if (listed == max_listed)
        malformed("rsocket: metadata lists more than 256 of a kind");
}

std::string one_tag(std::string_view tag) {
    std::string out;
    put_tag(out, tag);
    return out;
}

void put_type(std::string& out, std::string_view type) { put_name(out, well_known_id(type), type); }

void put_entry(std::string& out, std::string_view type, std::string_view content) {
    put_type(out, type);
    if (content.size() > max_frame_size)
        io::throw_codec_error(streamx::errc::frame_too_long, "rsocket: metadata");
    put_number(out, content.size(), 3);
    out += content;
}

std::string_view get_type(field_reader& in) {
    const auto head = in.number(1);
    if ((head & well_known) == 0) {
        const auto name = in.bytes(head + 1);
        if (!in)
            malformed("rsocket: a MIME type in metadata is cut short");
        return name;
    }
    const auto type = well_known_type(static_cast<std::uint8_t>(head & ~well_known));
    if (!in || !type)
        malformed("rsocket: an unknown number of a MIME type in metadata");
    return *type;
}

/// Calls `fn(type, content)` for each piece of composite metadata.
template <class Fn>
void for_each_entry(std::string_view bytes, Fn fn) {
    field_reader in(bytes);
    for (std::size_t entries = 0; !in.empty(); ++entries) {
        check_room(entries);
        const auto type = get_type(in);
        const auto content = in.bytes(in.number(3));
        if (!in)
            malformed("rsocket: composite metadata is cut short");
        fn(type, content);
    }
}

} // namespace

std::optional<std::uint8_t> well_known_id(std::string_view type) noexcept {
    const auto in = [type](const auto& types) {
        return static_cast<std::size_t>(
            std::find(types.begin(), types.end(), type) - types.begin());
    };
    if (const auto at = in(first_types); at != first_types.size())
        return static_cast<std::uint8_t>(at);
    if (const auto at = in(last_types); at != last_types.size())
        return static_cast<std::uint8_t>(first_of_last + at);
    return {};
}

std::optional<std::string_view> well_known_type(std::uint8_t id) noexcept {
    if (id < first_types.size())
        return first_types[id];
    if (id >= first_of_last && id - first_of_last < static_cast<int>(last_types.size()))
        return last_types[id - first_of_last];
    return {};
}

bool same_type(std::string_view a, std::string_view b) noexcept {
    const auto essence = [](std::string_view s) {
        s = s.substr(0, s.find(';'));
        return s.substr(0, s.find_last_not_of(" \t") + 1);
    };
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    return std::ranges::equal(essence(a), essence(b), {}, lower, lower);
}

std::string encode_composite(const std::vector<metadata_entry>& entries) {
    check_length(entries.size());
    std::string out;
    for (const auto& e : entries)
        put_entry(out, e.type, e.content);
    return out;
}

std::vector<metadata_entry> decode_composite(std::string_view bytes) {
    std::vector<metadata_entry> entries;
    for_each_entry(bytes, [&](std::string_view type, std::string_view content) {
        entries.push_back({std::string(type), std::string(content)});
    });
    return entries;
}

std::string encode_routing(const std::vector<std::string>& tags) {
    check_length(tags.size());
    std::string out;
    for (const auto& tag : tags)
        put_tag(out, tag);
    return out;
}

std::vector<std::string> decode_routing(std::string_view bytes) {
    std::vector<std::string> tags;
    field_reader in(bytes);
    while (!in.empty()) {
        const auto tag = in.bytes(in.number(1));
        if (!in)
            malformed("rsocket: routing metadata is cut short");
        check_room(tags.size());
        tags.emplace_back(tag);
    }
    return tags;
}

std::string encode_credentials(const credentials& c) {
    std::string out;
    if (c.type == "simple") {
        put_name(out, simple_id, c.type);
        if (c.name.size() > 0xFFFF)
            unencodable("rsocket: a user name has at most 65535 bytes");
        put_number(out, c.name.size(), 2);
        out += c.name;
    } else {
        put_name(out, c.type == "bearer" ? std::optional(bearer_id) : std::nullopt, c.type);
    }
    return out + c.secret;
}

credentials decode_credentials(std::string_view bytes) {
    field_reader in(bytes);
    credentials c;
    const auto head = in.number(1);
    if (head == (well_known | simple_id)) {
        c.type = "simple";
        c.name = in.bytes(in.number(2));
    } else if (head == (well_known | bearer_id)) {
        c.type = "bearer";
    } else if ((head & well_known) == 0) {
        c.type = in.bytes(head + 1);
    } else {
        malformed("rsocket: an unknown number of an authentication type");
    }
    c.secret = in.rest();
    if (!in)
        malformed("rsocket: authentication metadata is cut short");
    return c;
}

std::string encode_mime_types(const std::vector<std::string>& types) {
    check_length(types.size());
    std::string out;
    for (const auto& type : types)
        put_type(out, type);
    return out;
}

std::vector<std::string> decode_mime_types(std::string_view bytes) {
    std::vector<std::string> types;
    field_reader in(bytes);
    while (!in.empty()) {
        check_room(types.size());
        types.emplace_back(get_type(in));
    }
    return types;
}

bool same_secret(std::string_view expected, std::string_view given) noexcept {
    // Compares all of `expected` whatever is given, against itself where that is too short.
    unsigned different = expected.size() != given.size();
    for (std::size_t i = 0; i != expected.size(); ++i) {
        const char other = i < given.size() ? given[i] : expected[i];
        different |= static_cast<unsigned char>(expected[i] ^ other);
    }
    return different == 0;
}

std::string request_metadata::encode() const {
    std::string out;
    std::size_t entries = 0;
    const auto add = [&](std::string_view type, std::string_view content) {
        check_length(++entries);
        put_entry(out, type, content);
    };
    if (!tags.empty())
        add(mime::routing, encode_routing(tags));
    else if (!route.empty())
        add(mime::routing, one_tag(route));
    if (who)
        add(mime::authentication, encode_credentials(*who));
    if (!data_type.empty())
        add(mime::data_type, encode_mime_types({data_type}));
    if (!accepted_types.empty())
        add(mime::accepted_types, encode_mime_types(accepted_types));
    if (!traceparent.empty())
        add(mime::traceparent, traceparent);
    for (const auto& e : others)
        add(e.type, e.content);
    return out;
}

request_metadata request_metadata::decode(std::string_view bytes, std::string_view type) {
    request_metadata m;
    const auto take = [&m](std::string_view t, std::string_view content) {
        if (t == mime::routing) {
            for (auto& tag : decode_routing(content)) {
                check_room(m.tags.size());
                m.tags.push_back(std::move(tag));
            }
        } else if (t == mime::authentication) {
            m.who = decode_credentials(content);
        } else if (t == mime::data_type) {
            if (const auto types = decode_mime_types(content); !types.empty())
                m.data_type = types.front();
        } else if (t == mime::accepted_types) {
            m.accepted_types = decode_mime_types(content);
        } else if (t == mime::traceparent) {
            m.traceparent = content;
        } else {
            m.others.push_back({std::string(t), std::string(content)});
        }
    };
    if (type == mime::composite) {
        for_each_entry(bytes, take);
    } else if (!bytes.empty()) {
        take(type, bytes);
    }
    if (!m.tags.empty())
        m.route = m.tags.front();
    return m;
}

} // namespace streamx::rsocket
