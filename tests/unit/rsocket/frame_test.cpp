#include <rsocket/frame.hpp>

#include <streamx/core/error.hpp>

#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace streamx::rsocket {
namespace {

using boost::system::system_error;

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        const auto b = static_cast<unsigned char>(c);
        out += {digits[b >> 4], digits[b & 15]};
    }
    return out;
}

std::string encoded(const frame& f) {
    std::string out;
    encode(f, out);
    return out;
}

struct golden {
    const char* name;
    frame f;
    const char* bytes; // length, header, body
};

// What each frame looks like, worked out by hand from the figures of "Frame Types".
const golden goldens[] = {
    {"SETUP",
     {.type = frame_type::setup,
      .major = 1,
      .interval = 500,
      .lifetime = 60000,
      .metadata_mime = "m",
      .data_mime = "dd",
      .data = "x"},
     "000018"
     "00000000"
     "0400"
     "00010000"
     "000001f4"
     "0000ea60"
     "016d"
     "026464"
     "78"},
    {"SETUP with token, lease and metadata",
     {.type = frame_type::setup,
      .flags = flags::resume | flags::lease,
      .major = 1,
      .interval = max_31,
      .lifetime = 1,
      .token = "tok",
      .metadata = "M"},
     "00001d"
     "00000000"
     "05c0"
     "00010000"
     "7fffffff"
     "00000001"
     "0003746f6b"
     "00"
     "00"
     "0000014d"},
    {"LEASE",
     {.type = frame_type::lease, .ttl = max_31, .requests = 7, .metadata = "m"},
     "00000f"
     "00000000"
     "0900"
     "7fffffff"
     "00000007"
     "6d"},
    {"LEASE without metadata",
     {.type = frame_type::lease, .ttl = 1, .requests = 0},
     "00000e"
     "00000000"
     "0800"
     "00000001"
     "00000000"},
    {"KEEPALIVE",
     {.type = frame_type::keepalive, .flags = flags::respond, .position = max_63, .data = "d"},
     "00000f"
     "00000000"
     "0c80"
     "7fffffffffffffff"
     "64"},
    {"REQUEST_RESPONSE",
     {.type = frame_type::request_response, .stream = 1, .metadata = "mm", .data = "d"},
     "00000c"
     "00000001"
     "1100"
     "0000026d6d"
     "64"},
    {"REQUEST_RESPONSE with empty metadata",
     {.type = frame_type::request_response, .stream = 1, .metadata = ""},
     "000009"
     "00000001"
     "1100"
     "000000"},
    {"REQUEST_FNF",
     {.type = frame_type::request_fnf, .stream = max_31, .flags = flags::follows, .data = "d"},
     "000007"
     "7fffffff"
     "1480"
     "64"},
    {"REQUEST_STREAM",
     {.type = frame_type::request_stream, .stream = 3, .n = 256, .data = "d"},
     "00000b"
     "00000003"
     "1800"
     "00000100"
     "64"},
    {"REQUEST_CHANNEL",
     {.type = frame_type::request_channel, .stream = 3, .flags = flags::complete, .n = max_31},
     "00000a"
     "00000003"
     "1c40"
     "7fffffff"},
    {"REQUEST_N",
     {.type = frame_type::request_n, .stream = 2, .n = 1},
     "00000a"
     "00000002"
     "2000"
     "00000001"},
    {"CANCEL",
     {.type = frame_type::cancel, .stream = 2},
     "000006"
     "00000002"
     "2400"},
    {"PAYLOAD",
     {.type = frame_type::payload,
      .stream = 1,
      .flags = flags::next | flags::complete,
      .data = "d"},
     "000007"
     "00000001"
     "2860"
     "64"},
    {"ERROR",
     {.type = frame_type::error, .stream = 1, .n = 0xFFFFFFFE, .data = "no"},
     "00000c"
     "00000001"
     "2c00"
     "fffffffe"
     "6e6f"},
    {"METADATA_PUSH",
     {.type = frame_type::metadata_push, .metadata = "m"},
     "000007"
     "00000000"
     "3100"
     "6d"},
    {"RESUME",
     {.type = frame_type::resume, .position = 5, .first = 3, .major = 1, .token = "t"},
     "00001d"
     "00000000"
     "3400"
     "00010000"
     "000174"
     "0000000000000005"
     "0000000000000003"},
    {"RESUME_OK",
     {.type = frame_type::resume_ok, .position = 9},
     "00000e"
     "00000000"
     "3800"
     "0000000000000009"},
    {"EXT",
     {.type = frame_type::ext, .stream = 1, .flags = flags::ignore, .n = 1, .data = "e"},
     "00000b"
     "00000001"
     "fe00"
     "00000001"
     "65"},
};

TEST(frame_test, every_frame_is_written_as_the_protocol_draws_it) {
    for (const auto& g : goldens) {
        SCOPED_TRACE(g.name);
        EXPECT_EQ(hex(encoded(g.f)), g.bytes);
    }
}

TEST(frame_test, every_frame_is_read_as_it_was_written) {
    for (const auto& g : goldens) {
        SCOPED_TRACE(g.name);
        const auto bytes = encoded(g.f);
        auto expected = g.f;
        if (expected.metadata)
            expected.flags |= flags::metadata;
        const auto f = decode(std::string_view(bytes).substr(length_size));
        ASSERT_TRUE(f);
        EXPECT_EQ(*f, expected);
    }
}

/// A frame that is cut off within its fixed fields is no frame; beyond them it is one with less data.
TEST(frame_test, a_frame_that_is_cut_short_is_refused_and_never_read_beyond) {
    for (const auto& g : goldens) {
        SCOPED_TRACE(g.name);
        const auto bytes = encoded(g.f).substr(length_size);
        bool complete = false;
        for (std::size_t size = 0; size <= bytes.size(); ++size) {
            const std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<long>(size));
            const bool good = decode({exact.data(), exact.size()}).has_value();
            EXPECT_TRUE(good || !complete) << size; // once whole, more data keeps it so
            complete = complete || good;
            EXPECT_EQ(decode_header({exact.data(), exact.size()}).has_value(), size >= 6);
        }
        EXPECT_TRUE(complete);
    }
}

TEST(frame_test, the_reserved_bits_of_numbers_are_not_read) {
    auto bytes = encoded({.type = frame_type::request_n, .stream = 1, .n = 5}).substr(length_size);
    bytes[0] = static_cast<char>(0x80);
    bytes[6] = static_cast<char>(0x80);
    const auto f = decode(bytes);
    ASSERT_TRUE(f);
    EXPECT_EQ(f->stream, 1U);
    EXPECT_EQ(f->n, 5U);
}

TEST(frame_test, metadata_longer_than_its_frame_makes_it_invalid) {
    auto bytes = encoded({.type = frame_type::payload, .stream = 1, .metadata = "abc"});
    bytes[length_size + 8] = 4;
    EXPECT_FALSE(decode(std::string_view(bytes).substr(length_size)));
}

TEST(
    frame_test,
    Max_Frame_Size__what_is_too_long_for_its_length_field_is_refused_and_nothing_written) {
    std::string out = "before";
    const std::string mime(256, 'm'), token(65536, 't'), huge(max_frame_size + 1, 'x');
    EXPECT_THROW(encode({.type = frame_type::setup, .data_mime = mime}, out), system_error);
    EXPECT_THROW(encode({.type = frame_type::resume, .token = token}, out), system_error);
    EXPECT_THROW(
        encode({.type = frame_type::payload, .stream = 1, .data = huge}, out), system_error);
    EXPECT_THROW(
        encode({.type = frame_type::payload, .stream = 1, .metadata = huge}, out), system_error);
    EXPECT_EQ(out, "before");
    encode(
        {.type = frame_type::payload, .stream = 1, .data = huge.substr(0, max_frame_size - 6)},
        out);
    EXPECT_EQ(out.size(), 6 + length_size + max_frame_size);
}

TEST(frame_test, any_split_of_the_bytes_gives_the_same_frames) {
    std::string bytes;
    std::vector<std::string> expected;
    for (const auto& g : goldens) {
        bytes += encoded(g.f);
        expected.push_back(encoded(g.f).substr(length_size));
    }
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        std::vector<std::string> got;
        std::string buffer;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            buffer += bytes.substr(at, step);
            std::string_view in = buffer;
            while (const auto f = next_frame(in, 1024))
                got.emplace_back(*f);
            buffer = std::string(in);
        }
        ASSERT_EQ(got, expected) << step;
        ASSERT_TRUE(buffer.empty());
    }
}

TEST(frame_test, a_frame_above_the_limit_is_refused_by_its_length_alone) {
    std::string_view in("\x00\x04\x01", 3);
    EXPECT_THROW((void)next_frame(in, 1024), system_error);
    std::string_view fits("\x00\x04\x00", 3);
    EXPECT_FALSE(next_frame(fits, 1024));
    EXPECT_EQ(fits.size(), 3U);
}

} // namespace
} // namespace streamx::rsocket
