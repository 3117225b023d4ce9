// Whatever bytes a codec is given, in whatever pieces: the same items come of them, none is longer than
// the limit, what is wrong with them has an error of this library, and the items that came are found
// again when they are written and read.

#include <streamx/core/error.hpp>
#include <streamx/io/bytes_codec.hpp>
#include <streamx/io/delimited_codec.hpp>
#include <streamx/io/json_lines_codec.hpp>
#include <streamx/io/length_prefixed_codec.hpp>
#include <streamx/io/line_codec.hpp>

#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace io = streamx::io;

namespace {

constexpr std::size_t limit = 64;

void require(bool holds, const char* what) {
    if (holds)
        return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

std::string text(const std::string& item) { return item; }
std::string text(const boost::json::value& item) { return boost::json::serialize(item); }

struct outcome {
    std::vector<std::string> items;
    streamx::error_code ec;
    bool operator==(const outcome&) const = default;
};

/// What comes of bytes in pieces whose lengths are picked by `seed`; 0: all at once.
template <class Codec>
outcome decode(Codec codec, std::string_view bytes, std::uint8_t seed) {
    outcome got;
    std::string have;
    std::uint32_t random = seed;
    try {
        for (std::size_t at = 0; at != bytes.size();) {
            random = random * 1103515245 + 12345;
            const auto piece =
                bytes.substr(at, seed == 0 ? bytes.size() : 1 + (random >> 16) % seed);
            at += piece.size();
            have += piece;
            std::string_view in = have;
            while (auto item = codec.decode(in))
                got.items.push_back(text(*item));
            have = std::string(in);
        }
        std::string_view in = have;
        if constexpr (requires { codec.decode_end(in); })
            if (!in.empty())
                if (auto item = codec.decode_end(in))
                    got.items.push_back(text(*item));
        if (!in.empty())
            got.ec = streamx::errc::truncated;
    } catch (const boost::system::system_error& e) {
        got.ec = e.code();
        require(e.code().category() == streamx::errc_category(), "an error of its own");
    }
    return got;
}

template <class Codec>
void check(const Codec& codec, std::string_view bytes, std::uint8_t seed) {
    const auto whole = decode(codec, bytes, 0);
    require(decode(codec, bytes, seed) == whole, "every split gives the same items");
    io::write_buffer out;
    for (const auto& item : whole.items) {
        require(item.size() <= limit, "no item is longer than the limit");
        try {
            codec.encode(std::string_view(item), out);
        } catch (const boost::system::system_error& e) { // a line that ends with a CR, say
            require(e.code() == streamx::errc::unencodable, "it can be written, or is refused");
            return;
        }
    }
    const auto again = decode(codec, out.to_string(), seed);
    require(again.items == whole.items && !again.ec, "what was read can be written and read");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3)
        return 0;
    const auto what = data[0], form = data[1], seed = data[2];
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
    switch (what % 5) {
    case 0:
        check(io::line_codec(limit, form % 2 ? io::line_end::crlf : io::line_end::lf), bytes, seed);
        break;
    case 1:
        check(io::delimited_codec(std::string("-+-").substr(0, 1 + form % 3), limit), bytes, seed);
        break;
    case 2: {
        io::length_prefix f;
        f.width = form % 9;
        f.order = form & 0x10 ? std::endian::little : std::endian::big;
        f.offset = form & 0x20 ? 2 : 0;
        f.adjustment = form & 0x40 ? -3 : 0;
        f.keep_head = (form & 0x80) != 0 && f.width != io::length_prefix::varint;
        if (!f.keep_head) // then what is in front of the length is the item's own
            check(io::length_prefixed_codec(f, limit), bytes, seed);
        else
            decode(io::length_prefixed_codec(f, limit), bytes, seed);
        break;
    }
    case 3:
        // A number may be written longer than it was read.
        require(
            decode(io::json_lines_codec<>(limit), bytes, seed) ==
                decode(io::json_lines_codec<>(limit), bytes, 0),
            "every split gives the same items");
        break;
    case 4: {
        std::string all;
        for (const auto& item : decode(io::bytes_codec(), bytes, seed).items)
            all += item;
        require(all == bytes, "no byte is lost");
        break;
    }
    }
    return 0;
}
