// What peers on the web send us: HTTP heads and bodies, WebSocket frames, event streams. Whatever it is, in
// whatever pieces, it comes to the same items and the same error, and to nothing worse.
//
// The first byte says who reads the rest, the second how it is cut.

#include <streamx/io/detail/websocket_codec.hpp>
#include <streamx/io/sse_codec.hpp>

#include "../../src/io/http_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

namespace {

namespace io = streamx::io;

/// Feeds all of it, at most so much at a time; what is not taken is given again with more behind it.
/// Returns what came of it, and the error as its last word.
std::string
fed(std::string_view bytes,
    std::size_t most,
    const std::function<std::string(std::string_view&)>& take) {
    std::string result, held;
    try {
        while (!bytes.empty()) {
            const auto n = std::min(most, bytes.size());
            held += bytes.substr(0, n);
            bytes.remove_prefix(n);
            std::string_view in = held;
            result += take(in);
            held.erase(0, held.size() - in.size());
        }
    } catch (const boost::system::system_error& e) {
        result += "\n! " + e.code().to_string();
    }
    return result;
}

std::string http(std::string_view bytes, std::size_t most, io::detail::http_parser::kind kind) {
    io::endpoint_limits limits;
    limits.header = 512;
    io::detail::http_parser parser(kind, limits);
    auto result = fed(bytes, most, [&](std::string_view& in) {
        if (!parser.done())
            parser.put(in);
        return parser.has_head() ? parser.take_body() : std::string();
    });
    if (parser.has_head()) {
        result += parser.head().path();
        result += parser.head().query("a");
        for (const auto& [name, value] : parser.head().fields)
            result += name + value;
    }
    return result;
}

std::string
websocket(std::string_view bytes, std::size_t most, io::detail::websocket_role role, bool deflate) {
    io::detail::websocket_decoder decoder(role, 4096, deflate);
    return fed(bytes, most, [&](std::string_view& in) {
        std::string all;
        while (auto e = decoder.decode(in)) {
            if (e->data.size() > 4096)
                std::abort();
            all += static_cast<char>(e->what) + e->data + '|';
        }
        return all;
    });
}

/// The same into a buffer that is small, as `websocket_bytes` reads.
std::string websocket_bytes(std::string_view bytes, std::size_t most) {
    io::detail::websocket_decoder decoder(io::detail::websocket_role::server, 4096, true);
    return fed(bytes, most, [&](std::string_view& in) {
        std::string all;
        std::array<char, 7> to;
        for (;;) {
            boost::asio::mutable_buffer room(to.data(), to.size());
            auto e = decoder.decode(in, &room);
            all.append(to.data(), to.size() - room.size());
            if (e)
                all += e->data;
            else if (room.size() != 0)
                return all;
        }
    });
}

std::string events(std::string_view bytes, std::size_t most) {
    io::endpoint_limits limits;
    limits.line = 256;
    limits.frame = 512;
    io::sse_codec codec(limits);
    return fed(bytes, most, [&](std::string_view& in) {
        std::string all;
        while (auto e = codec.decode(in))
            all += e->event + '|' + e->id + '|' + e->data + '\n';
        return all;
    });
}

std::string read(std::uint8_t who, std::string_view bytes, std::size_t most) {
    using enum io::detail::websocket_role;
    switch (who % 7) {
    case 0:
        return http(bytes, most, io::detail::http_parser::kind::request);
    case 1:
        return http(bytes, most, io::detail::http_parser::kind::response);
    case 2:
        return websocket(bytes, most, server, false);
    case 3:
        return websocket(bytes, most, client, false);
    case 4:
        return websocket(bytes, most, client, true);
    case 6:
        return websocket_bytes(bytes, most);
    default:
        return events(bytes, most);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto whole = read(data[0], bytes, bytes.size() + 1);
    const auto cut = read(data[0], bytes, 1 + data[1] % 16);
    const bool failed =
        whole.find("\n! ") != std::string::npos || cut.find("\n! ") != std::string::npos;
    if (whole != cut && !failed) // where it fails it may have given more or less before
        std::abort();
    return 0;
}
