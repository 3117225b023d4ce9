// Whatever is read as RSocket frames, metadata or a URL: what comes of it can be written, and is the same
// when it is read again; what makes no sense is refused. Nothing takes more memory than a few times its
// bytes, whatever lengths it claims.

#include "fuzz_input.hpp"
#include "heap_limit.hpp"

#include <rsocket/frame.hpp>
#include <rsocket/item_frame.hpp>
#include <streamx/rsocket/metadata.hpp>
#include <streamx/rsocket/url.hpp>

#include <boost/system/system_error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace streamx::rsocket;
using streamx::fuzz::require;

void one_frame(std::string_view bytes) {
    const auto header = decode_header(bytes);
    const auto f = decode(bytes);
    require(!f || header.has_value(), "a frame has a header");
    if (!f)
        return;
    std::string again;
    encode(*f, again);
    std::string_view in = again;
    const auto read = next_frame(in, max_frame_size);
    require(read && in.empty(), "what is written is a whole frame");
    auto same = decode(*read);
    require(same.has_value(), "which can be read");
    const auto differ =
        same->flags ^ f->flags; // M is set where the type alone says that there is some
    require((differ & ~flags::metadata) == 0, "with its flags");
    same->flags = f->flags;
    require(*same == *f, "and is the same");
}

/// What is taken for a run of items is as many PAYLOAD frames of one stream, with the same data.
void items(const item_run& run) {
    auto in = run.frames;
    std::uint32_t count = 0;
    std::optional<std::uint32_t> stream;
    run.each([&](std::string_view data) {
        const auto bytes = next_frame(in, max_frame_size);
        const auto f = bytes ? decode(*bytes) : std::nullopt;
        require(f && f->type == frame_type::payload, "an item is a PAYLOAD frame");
        require(f->flags == flags::next && f->data == data, "and nothing else");
        require(f->stream == stream.value_or(f->stream), "of one stream");
        stream = f->stream;
        ++count;
    });
    require(in.empty() && count == run.count, "as many as it says");
}

/// Frames behind their lengths, as a connection has them.
void frames(std::string_view bytes) {
    std::optional<std::string_view> one;
    do {
        items(item_run::in(bytes, max_31, 1024));
        one = next_frame(bytes, 1024);
        if (one)
            one_frame(*one);
    } while (one);
}

/// What can be read can be written, and is the same again.
template <class T, class Read, class Write>
void both_ways(std::string_view bytes, Read read, Write write) {
    const T value = read(bytes);
    require(read(write(value)) == value, "metadata is the same when it is read again");
}

void read(unsigned what, std::string_view bytes) {
    switch (what % 8) {
    case 0:
        return one_frame(bytes);
    case 1:
        return frames(bytes);
    case 2:
        return both_ways<std::vector<metadata_entry>>(bytes, decode_composite, encode_composite);
    case 3:
        return both_ways<std::vector<std::string>>(bytes, decode_routing, encode_routing);
    case 4:
        return both_ways<credentials>(bytes, decode_credentials, encode_credentials);
    case 5:
        return both_ways<std::vector<std::string>>(bytes, decode_mime_types, encode_mime_types);
    case 6: {
        const auto m = request_metadata::decode(bytes, mime::composite);
        const auto again = request_metadata::decode(m.encode(), mime::composite);
        require(again.route == m.route && again.others == m.others, "metadata of a request");
        return;
    }
    default: {
        const auto u = url::parse(bytes);
        require(url::parse(u.to_string()).to_string() == u.to_string(), "a URL is the same again");
        return;
    }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const streamx::fuzz::heap_limit limit(64 * 1024 + 64 * size);
    streamx::fuzz::input in(data, size);
    const auto what = in.byte();
    try {
        read(what, in.rest());
    } catch (const boost::system::system_error&) { // it makes no sense
    }
    return 0;
}
