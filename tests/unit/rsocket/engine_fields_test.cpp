// Each field of each frame at its least, at its most, and beyond.

#include "engine_support.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {
namespace {

constexpr std::uint32_t reserved_bit = 0x8000'0000;
const std::string mad = "closed ERROR:257"; // CONNECTION_ERROR

struct row {
    const char* name;
    std::string bytes;
    std::string expected;
};
using table = std::vector<row>;

/// The bytes of a frame, with some of them replaced.
std::string with(const frame& f, std::size_t at, std::string_view replacement) {
    auto bytes = bytes_of(f);
    return bytes.replace(at, replacement.size(), replacement);
}
std::string u32(std::uint32_t n) {
    return {
        static_cast<char>(n >> 24),
        static_cast<char>(n >> 16),
        static_cast<char>(n >> 8),
        static_cast<char>(n)};
}
/// As it is, but cut off behind `size` bytes.
std::string cut(const frame& f, std::size_t size) { return bytes_of(f).substr(0, size); }
/// With these flags in the place of its own.
std::string flagged(const frame& f, std::uint16_t flags) {
    const auto word = static_cast<unsigned>(f.type) << 10 | flags;
    return with(f, 4, std::string{static_cast<char>(word >> 8), static_cast<char>(word)});
}

/// Each row is given to a fresh copy of the same state.
template <class Make>
void expect(Make make, const table& rows) {
    for (const auto& r : rows) {
        SCOPED_TRACE(r.name);
        auto e = make();
        e.fsm.receive(r.bytes, e.now);
        EXPECT_EQ(e.said(), r.expected);
        for (const auto& event : e.events)
            EXPECT_TRUE(
                event.error ||
                (event.what != event::kind::failed && event.what != event::kind::closed));
    }
}

end_point fresh_server() {
    auto c = server_config();
    c.resume = c.lease = true;
    end_point e(std::move(c));
    e.fsm.connected(e.now);
    return e;
}
end_point idle_server() { return open_server(); }
end_point answering() {
    auto e = open_server();
    e.receive({.type = frame_type::request_channel, .stream = 1, .n = 1});
    e.fsm.grant(1, 1);
    e.said();
    return e;
}
end_point asking(engine_config c = client_config()) {
    auto e = open_client(std::move(c));
    e.fsm.request(frame_type::request_stream, {"x"}, 1, false, nullptr);
    e.said();
    return e;
}

const std::size_t frame_header = 6;

TEST(engine_fields_test, setup) {
    const auto f = [](frame changed) {
        changed.type = frame_type::setup;
        changed.major = changed.major == 0 ? 1 : changed.major;
        return changed;
    };
    const frame good = f({.interval = 1, .lifetime = 1, .metadata_mime = "m", .data_mime = "d"});
    const frame resumable =
        f({.flags = flags::resume, .interval = 1, .lifetime = 1, .token = "token"});
    const std::string longest(255, 'm'), token(65535, 't');
    const std::string bad = "closed ERROR:1", unsupported = "closed ERROR:2";
    const auto interval = frame_header + 4, lifetime = interval + 4, behind = lifetime + 4;
    expect(
        fresh_server,
        {{"stream 0", bytes_of(good), "setup"},
         {"stream 0 with the reserved bit", with(good, 0, u32(reserved_bit)), "setup"},
         {"stream 1", with(good, 0, u32(1)), bad},
         {"stream 2^31-1", with(good, 0, u32(max_31)), bad},
         {"major version 0", with(good, 6, {"\0\0", 2}), unsupported},
         {"major version 2", with(good, 6, {"\0\2", 2}), unsupported},
         {"major version 65535", with(good, 6, "\xff\xff"), unsupported},
         {"minor version 65535", with(good, 8, "\xff\xff"), "setup"},
         {"interval 0", with(good, interval, u32(0)), bad},
         {"interval 2^31-1", with(good, interval, u32(max_31)), "setup"},
         {"interval 0 with the reserved bit", with(good, interval, u32(reserved_bit)), bad},
         {"interval 1 with the reserved bit", with(good, interval, u32(reserved_bit | 1)), "setup"},
         {"lifetime 0", with(good, lifetime, u32(0)), bad},
         {"lifetime 2^31-1", with(good, lifetime, u32(max_31)), "setup"},
         {"lifetime 0 with the reserved bit", with(good, lifetime, u32(reserved_bit)), bad},
         {"lifetime 1 with the reserved bit", with(good, lifetime, u32(reserved_bit | 1)), "setup"},
         {"MIME types of no bytes", bytes_of(f({.interval = 1, .lifetime = 1})), "setup"},
         {"MIME types of 255 bytes",
          bytes_of(
              f({.interval = 1, .lifetime = 1, .metadata_mime = longest, .data_mime = longest})),
          "setup"},
         {"metadata MIME type up to the end, and no data MIME type", with(good, behind, "\3"), mad},
         {"metadata MIME type beyond the end", with(good, behind, "\4"), mad},
         {"data MIME type beyond the end", with(good, behind + 2, "\2"), mad},
         {"token of no bytes",
          bytes_of(f({.flags = flags::resume, .interval = 1, .lifetime = 1})),
          "setup"},
         {"token of 65535 bytes",
          bytes_of(f({.flags = flags::resume, .interval = 1, .lifetime = 1, .token = token})),
          "setup"},
         {"token beyond the end", with(resumable, behind, "\xff\xff"), mad},
         {"metadata of no bytes",
          bytes_of(f({.interval = 1, .lifetime = 1, .metadata = ""})),
          "setup"},
         {"metadata beyond the end",
          with(f({.interval = 1, .lifetime = 1, .metadata = "m"}), behind + 2, {"\0\0\2", 3}),
          mad},
         {"metadata of 2^24-1 bytes",
          with(f({.interval = 1, .lifetime = 1, .metadata = "m"}), behind + 2, "\xff\xff\xff"),
          mad},
         {"lease", flagged(good, flags::lease), "setup"},
         {"flags without a meaning", flagged(good, 0x3F), "setup"},
         {"the flag to ignore it", flagged(good, flags::ignore), "setup"},
         {"its header alone", cut(good, frame_header), mad}});
}

TEST(engine_fields_test, resume) {
    const frame good{.type = frame_type::resume, .major = 1, .token = "t"};
    const std::string token(65535, 't');
    const auto token_length = frame_header + 4, received = token_length + 3, first = received + 8;
    const std::string all_ones(8, '\xff');
    expect(
        fresh_server,
        {{"stream 0", bytes_of(good), "resume"},
         {"stream 0 with the reserved bit", with(good, 0, u32(reserved_bit)), "resume"},
         {"stream 1", with(good, 0, u32(1)), "closed ERROR:1"},
         {"stream 2^31-1", with(good, 0, u32(max_31)), "closed ERROR:1"},
         {"major version 0", with(good, 6, {"\0\0", 2}), "resume"},
         {"major version 2", with(good, 6, {"\0\2", 2}), "resume"},
         {"minor version 65535", with(good, 8, "\xff\xff"), "resume"},
         {"token of no bytes", bytes_of({.type = frame_type::resume, .major = 1}), "resume"},
         {"token of 65535 bytes",
          bytes_of({.type = frame_type::resume, .major = 1, .token = token}),
          "resume"},
         {"token into the positions", with(good, token_length, {"\0\2", 2}), mad},
         {"token beyond the end", with(good, token_length, "\xff\xff"), mad},
         {"position of all ones", with(good, received, all_ones), "resume"},
         {"first position of all ones", with(good, first, all_ones), "resume"},
         {"without the last byte", cut(good, bytes_of(good).size() - 1), mad},
         {"its header alone", cut(good, frame_header), mad}});
}

TEST(engine_fields_test, the_reserved_bit_of_a_position_is_not_read) {
    auto e = fresh_server();
    e.receive(
        {.type = frame_type::resume, .position = max_63, .first = 5, .major = 1, .token = "t"});
    ASSERT_EQ(e.events.size(), 1U);
    EXPECT_EQ(e.events.front().position, max_63);
    EXPECT_EQ(e.events.front().first, 5U);
}

TEST(engine_fields_test, resume_ok) {
    const auto resuming = [] {
        auto c = client_config();
        c.resume = true;
        c.token = "t";
        auto e = open_client(c);
        e.fsm.disconnected(e.now);
        e.fsm.connected(e.now);
        e.said();
        return e;
    };
    const frame good{.type = frame_type::resume_ok};
    expect(
        resuming,
        {{"position 0", bytes_of(good), "established"},
         {"position 0 with the reserved bit", with(good, frame_header, "\x80"), "established"},
         {"position 1", bytes_of({.type = frame_type::resume_ok, .position = 1}), mad},
         {"position 2^63-1", bytes_of({.type = frame_type::resume_ok, .position = max_63}), mad},
         {"stream 1", with(good, 0, u32(1)), ""},
         {"flags without a meaning", flagged(good, 0x1FF), "established"},
         {"without the last byte", cut(good, frame_header + 7), mad}});
}

TEST(engine_fields_test, lease) {
    const auto leased = [] {
        auto c = client_config();
        c.lease = true;
        return open_client(c);
    };
    const frame good{.type = frame_type::lease, .ttl = 1, .requests = 1};
    const table rows{
        {"least", bytes_of(good), "leased"},
        {"most",
         bytes_of({.type = frame_type::lease, .ttl = max_31, .requests = max_31}),
         "leased"},
        {"the reserved bits", with(good, frame_header, u32(reserved_bit | 1)), "leased"},
        {"with metadata",
         bytes_of({.type = frame_type::lease, .ttl = 1, .requests = 1, .metadata = "m"}),
         "leased"},
        {"metadata without its flag", bytes_of(good) + "m", "leased"},
        {"stream 1", with(good, 0, u32(1)), ""},
        {"flags without a meaning", flagged(good, 0xFF), "leased"},
        {"without the last byte", cut(good, frame_header + 7), mad},
        {"without the last byte, to be ignored",
         flagged(good, flags::ignore).substr(0, frame_header + 7),
         ""}};
    expect(leased, rows);
    const std::pair<frame, bool> allows[] = {
        {good, true},
        {{.type = frame_type::lease, .ttl = 0, .requests = 1}, false},
        {{.type = frame_type::lease, .ttl = 1, .requests = 0}, false},
    };
    for (const auto& [f, allowed] : allows) {
        auto e = leased();
        e.receive(f);
        EXPECT_EQ(e.fsm.may_request(e.now), allowed);
    }
}

TEST(engine_fields_test, keepalive) {
    const frame good{.type = frame_type::keepalive, .flags = flags::respond};
    const table rows{
        {"position 0", bytes_of(good), "KEEPALIVE"},
        {"position of all ones", with(good, frame_header, std::string(8, '\xff')), "KEEPALIVE"},
        {"with data", bytes_of(good) + "data", "KEEPALIVE"},
        {"without the flag to answer", flagged(good, 0), ""},
        {"every other flag", flagged(good, 0x37F), ""},
        {"stream 1", with(good, 0, u32(1)), ""},
        {"stream 2^31-1", with(good, 0, u32(max_31)), ""},
        {"without the last byte", cut(good, frame_header + 7), mad},
        {"its header alone", cut(good, frame_header), mad}};
    expect(idle_server, rows);
    expect([] { return open_client(); }, rows);
}

/// What all requests have: `more` is their body before metadata and data.
table of_requests(frame_type type, const std::string& more) {
    const frame good{.type = type, .stream = 1, .n = 1};
    const frame meta{.type = type, .stream = 1, .n = 1, .metadata = "m", .data = "d"};
    const auto length = frame_header + more.size();
    return {
        {"stream 0", with(good, 0, u32(0)), ""},
        {"stream 1", bytes_of(good), "request"},
        {"stream 1 with the reserved bit", with(good, 0, u32(reserved_bit | 1)), "request"},
        {"stream 2, which is the server's", with(good, 0, u32(2)), ""},
        {"stream 2^31-2, which is the server's", with(good, 0, u32(max_31 - 1)), ""},
        {"stream 2^31-1", with(good, 0, u32(max_31)), "request"},
        {"metadata and data", bytes_of(meta), "request"},
        {"metadata of no bytes", with(meta, length, {"\0\0\0", 3}), "request"},
        {"metadata up to the end", with(meta, length, {"\0\0\2", 3}), "request"},
        {"metadata beyond the end", with(meta, length, {"\0\0\3", 3}), mad},
        {"metadata of 2^24-1 bytes", with(meta, length, "\xff\xff\xff"), mad},
        {"metadata beyond the end, to be ignored",
         with(meta, length, {"\0\0\3", 3})
             .replace(4, 1, 1, static_cast<char>(bytes_of(meta)[4] | 2)),
         ""},
        {"flags without a meaning", flagged(good, 0x03F), "request"},
    };
}

TEST(engine_fields_test, request_response) {
    expect(idle_server, of_requests(frame_type::request_response, ""));
}

TEST(engine_fields_test, request_fnf) {
    expect(idle_server, of_requests(frame_type::request_fnf, ""));
}

table of_requests_with_n(frame_type type) {
    const frame good{.type = type, .stream = 1, .n = 1};
    const auto n = [&](std::uint32_t value) { return with(good, frame_header, u32(value)); };
    auto rows = of_requests(type, u32(1));
    const std::string invalid = "ERROR:516";
    const table more{
        {"n 0", n(0), invalid},
        {"n 2^31-1", n(max_31), "request"},
        {"n 0 with the reserved bit", n(reserved_bit), invalid},
        {"n of all ones", n(0xFFFF'FFFF), "request"},
        {"n cut off", cut(good, frame_header + 3), mad},
        {"no n", cut(good, frame_header), mad}};
    rows.insert(rows.end(), more.begin(), more.end());
    return rows;
}

TEST(engine_fields_test, Request_Stream__its_fields) {
    expect(idle_server, of_requests_with_n(frame_type::request_stream));
}

TEST(engine_fields_test, Request_Channel__its_fields) {
    expect(idle_server, of_requests_with_n(frame_type::request_channel));
}

TEST(engine_fields_test, request_n) {
    const frame good{.type = frame_type::request_n, .stream = 1, .n = 1};
    const auto n = [&](std::uint32_t value) { return with(good, frame_header, u32(value)); };
    expect(
        answering,
        {{"n 0", n(0), ""},
         {"n 1", n(1), "credit"},
         {"n 2^31-1", n(max_31), "credit"},
         {"n 0 with the reserved bit", n(reserved_bit), ""},
         {"n of all ones", n(0xFFFF'FFFF), "credit"},
         {"stream 0", with(good, 0, u32(0)), ""},
         {"stream 1 with the reserved bit", with(good, 0, u32(reserved_bit | 1)), "credit"},
         {"stream 2^31-1, which is unknown", with(good, 0, u32(max_31)), ""},
         {"flags without a meaning", flagged(good, 0x1FF), "credit"},
         {"more bytes than it has", bytes_of(good) + "more", "credit"},
         {"n cut off", cut(good, frame_header + 3), "failed " + mad}});
}

TEST(engine_fields_test, cancel) {
    const frame good{.type = frame_type::cancel, .stream = 1};
    expect(
        answering,
        {{"stream 1", bytes_of(good), "cancelled"},
         {"stream 1 with the reserved bit", with(good, 0, u32(reserved_bit | 1)), "cancelled"},
         {"stream 2^31-1, which is unknown", with(good, 0, u32(max_31)), ""},
         {"flags without a meaning", flagged(good, 0x1FF), "cancelled"},
         {"more bytes than it has", bytes_of(good) + "more", "cancelled"},
         {"without the last byte", cut(good, frame_header - 1), "failed " + mad}});
}

TEST(engine_fields_test, payload) {
    const frame good{
        .type = frame_type::payload,
        .stream = 1,
        .flags = flags::next,
        .metadata = "m",
        .data = "d"};
    const frame bare{.type = frame_type::payload, .stream = 1, .flags = flags::next};
    const auto limited = [] {
        auto c = client_config();
        c.message = 4;
        return asking(c);
    };
    const auto length = frame_header;
    expect(
        limited,
        {{"metadata and data", bytes_of(good), "item"},
         {"neither", bytes_of(bare), "item"},
         {"stream 1 with the reserved bit", with(bare, 0, u32(reserved_bit | 1)), "item"},
         {"stream 2, which is unknown", with(bare, 0, u32(2)), ""},
         {"stream 2^31-1, which is unknown", with(bare, 0, u32(max_31)), ""},
         {"metadata of no bytes", with(good, length, {"\0\0\0", 3}), "item"},
         {"metadata up to the end", with(good, length, {"\0\0\2", 3}), "item"},
         {"metadata beyond the end", with(good, length, {"\0\0\3", 3}), "failed " + mad},
         {"metadata of 2^24-1 bytes", with(good, length, "\xff\xff\xff"), "failed " + mad},
         {"the limit", bytes_of(bare) + "1234", "item"},
         {"the limit and one byte", bytes_of(bare) + "12345", "failed CANCEL"},
         {"next and complete", flagged(bare, flags::next | flags::complete), "item"},
         {"follows", flagged(bare, flags::next | flags::follows), ""},
         {"follows, which complete overrules",
          flagged(bare, flags::next | flags::follows | flags::complete),
          "item"},
         {"flags without a meaning", flagged(bare, flags::next | 0x1F), "item"},
         {"metadata flag, and no room for its length",
          flagged(bare, flags::next | flags::metadata),
          "failed " + mad}});
}

TEST(engine_fields_test, error_of_a_stream) {
    const frame good{.type = frame_type::error, .stream = 1, .n = 0x201};
    const auto code = [&](std::uint32_t value) { return with(good, frame_header, u32(value)); };
    expect(
        [] { return asking(); },
        {{"APPLICATION_ERROR", bytes_of(good), "failed"},
         {"code 0, which is reserved", code(0), "failed"},
         {"code 0x101 of a connection", code(0x101), "failed"},
         {"code 0x300, which is reserved", code(0x300), "failed"},
         {"code 0x301, the first of the application", code(0x301), "failed"},
         {"code 0xFFFFFFFE, the last of the application", code(0xFFFF'FFFE), "failed"},
         {"code 0xFFFFFFFF, which is reserved", code(0xFFFF'FFFF), "failed"},
         {"with text", bytes_of(good) + "text", "failed"},
         {"flags without a meaning", flagged(good, 0x1FF), "failed"},
         {"stream 1 with the reserved bit", with(good, 0, u32(reserved_bit | 1)), "failed"},
         {"stream 2^31-1, which is unknown", with(good, 0, u32(max_31)), ""},
         {"code cut off", cut(good, frame_header + 3), "failed " + mad}});
}

TEST(engine_fields_test, error_of_the_connection) {
    const frame good{.type = frame_type::error, .n = 0x101};
    const auto code = [&](std::uint32_t value) { return with(good, frame_header, u32(value)); };
    const table rows{
        {"CONNECTION_ERROR", bytes_of(good), "closed"},
        {"code 0, which is reserved", code(0), "closed"},
        {"INVALID_SETUP, too late", code(1), ""},
        {"REJECTED_RESUME, too late", code(4), ""},
        {"code 5, which is reserved", code(5), "closed"},
        {"CONNECTION_CLOSE", code(0x102), "closed"},
        {"APPLICATION_ERROR, which is a stream's", code(0x201), "closed"},
        {"code 0xFFFFFFFF, which is reserved", code(0xFFFF'FFFF), "closed"},
        {"code cut off", cut(good, frame_header + 3), mad}};
    expect(idle_server, rows);
    expect([] { return open_client(); }, rows);
}

TEST(engine_fields_test, metadata_push) {
    const frame good{.type = frame_type::metadata_push, .metadata = "m"};
    const table rows{
        {"some", bytes_of(good), "metadata_push"},
        {"of no bytes",
         bytes_of({.type = frame_type::metadata_push, .metadata = ""}),
         "metadata_push"},
        {"without its flag", flagged(good, 0), "metadata_push"},
        {"flags without a meaning", flagged(good, 0x1FF), "metadata_push"},
        {"stream 1", with(good, 0, u32(1)), ""},
        {"stream 2^31-1", with(good, 0, u32(max_31)), ""}};
    expect(idle_server, rows);
    expect([] { return open_client(); }, rows);
}

TEST(engine_fields_test, extension) {
    const frame good{.type = frame_type::ext, .flags = flags::ignore, .n = 1, .data = "e"};
    expect(
        idle_server,
        {{"to be ignored", bytes_of(good), ""},
         {"type 2^31-1, to be ignored", with(good, frame_header, u32(max_31)), ""},
         {"of a stream, to be ignored", with(good, 0, u32(1)), ""},
         {"cut off, to be ignored", cut(good, frame_header), ""},
         {"not to be ignored", flagged(good, 0), mad},
         {"of a stream, not to be ignored", with(good, 0, u32(1)).replace(4, 1, "\xfc"), mad}});
}

TEST(engine_fields_test, every_type_that_there_is_not) {
    for (unsigned type = 0; type != 0x40; ++type) {
        if (type >= 0x01 && type <= 0x0E)
            continue;
        for (const std::uint32_t stream : {0U, 1U, max_31}) {
            SCOPED_TRACE(type);
            auto ignored = idle_server(), refused = idle_server();
            const frame f{.type = static_cast<frame_type>(type), .stream = stream, .n = 1};
            EXPECT_EQ(ignored.receive({f.type, stream, flags::ignore, 1}), "");
            EXPECT_EQ(refused.receive(f), mad);
        }
    }
}

TEST(engine_fields_test, what_is_shorter_than_a_header) {
    for (std::size_t size = 0; size != frame_header; ++size) {
        auto first = fresh_server(), later = idle_server();
        first.fsm.receive(std::string(size, '\xff'), first.now);
        EXPECT_EQ(first.said(), "closed ERROR:1");
        later.fsm.receive(std::string(size, '\xff'), later.now);
        EXPECT_EQ(later.said(), mad);
    }
}

} // namespace
} // namespace streamx::rsocket
