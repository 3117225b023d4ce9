#include <streamx/io/bytes_codec.hpp>
#include <streamx/io/delimited_codec.hpp>
#include <streamx/io/length_prefixed_codec.hpp>
#include <streamx/io/line_codec.hpp>

#include <unit/io/codec_support.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace std::literals;

namespace streamx::testing {
namespace {

using strings = std::vector<std::string>;

static_assert(io::codec<io::line_codec> && io::codec<io::bytes_codec>);
static_assert(io::codec<io::basic_length_prefixed_codec<std::vector<std::byte>>>);
static_assert(io::decoder<io::line_view_codec> && !io::codec<int>);

TEST(line_codec_test, lines_end_with_lf_or_crlf_and_the_last_one_needs_no_end) {
    const auto got = decode(io::line_codec(), "one\ntwo\r\n\n\r\nin\rside\nlast");
    EXPECT_EQ(got.items, (strings{"one", "two", "", "", "in\rside", "last"}));
    EXPECT_FALSE(got.ec);
}

TEST(line_codec_test, the_limit_counts_a_line_without_its_end) {
    EXPECT_EQ(decode(io::line_codec(3), "abc\r\nabc\nabc").items, (strings{"abc", "abc", "abc"}));
    for (auto bytes : {"ab\nabcd\n"sv, "ab\nabcd\r\n"sv, "ab\nabcd"sv}) {
        const auto got = decode(io::line_codec(3), bytes);
        EXPECT_EQ(got.items, strings{"ab"});
        EXPECT_EQ(got.ec, errc::line_too_long);
    }
}

TEST(line_codec_test, too_long_a_line_is_found_out_before_its_end_has_come) {
    io::line_codec codec(3);
    auto in = "abcde"sv;
    EXPECT_THROW((void)codec.decode(in), boost::system::system_error);
}

TEST(line_codec_test, encodes_with_either_end_and_refuses_what_is_no_line) {
    error_code ec;
    EXPECT_EQ(encode(io::line_codec(), "one"s), "one\n");
    EXPECT_EQ(encode(io::line_codec(9, io::line_end::crlf), "one"sv), "one\r\n");
    EXPECT_EQ(encode(io::line_codec(), "a\nb"s, ec), "");
    EXPECT_EQ(ec, errc::unencodable);
    encode(io::line_codec(), "a\r"s, ec);
    EXPECT_EQ(ec, errc::unencodable);
    encode(io::line_codec(2), "abc"s, ec);
    EXPECT_EQ(ec, errc::line_too_long);
}

TEST(bytes_codec_test, gives_what_has_come_and_sends_what_it_is_given) {
    const auto got = decode_in_pieces(io::bytes_codec(), "abcde", [] { return 2; });
    EXPECT_EQ(got.items, (strings{"ab", "cd", "e"}));
    EXPECT_EQ(encode(io::bytes_codec(), std::vector{std::byte{'x'}}), "x");
    EXPECT_EQ(encode(io::bytes_codec(), ""s), "");
}

TEST(delimited_codec_test, items_are_what_is_in_front_of_a_delimiter) {
    const auto got = decode(io::delimited_codec("=+="), "one=+=t=+wo=+==+=");
    EXPECT_EQ(got.items, (strings{"one", "t=+wo", ""}));
    EXPECT_FALSE(got.ec);
}

TEST(delimited_codec_test, bytes_behind_the_last_delimiter_are_a_truncated_item) {
    const auto got = decode(io::delimited_codec("\0"s), "one\0tw"sv);
    EXPECT_EQ(got.items, strings{"one"});
    EXPECT_EQ(got.ec, errc::truncated);
}

TEST(delimited_codec_test, keeps_to_its_limit) {
    EXPECT_EQ(decode(io::delimited_codec("--", 3), "abc--").items, strings{"abc"});
    EXPECT_EQ(decode(io::delimited_codec("--", 3), "abcd--").ec, errc::frame_too_long);
    EXPECT_EQ(decode(io::delimited_codec("--", 3), "abcdefgh").ec, errc::frame_too_long);
    EXPECT_THROW(io::delimited_codec(""), std::invalid_argument);
    error_code ec;
    EXPECT_EQ(encode(io::delimited_codec("--", 3), "abc"s), "abc--");
    encode(io::delimited_codec("--", 3), "abcd"s, ec);
    EXPECT_EQ(ec, errc::frame_too_long);
    encode(io::delimited_codec("--"), "a--b"s, ec);
    EXPECT_EQ(ec, errc::unencodable);
}

TEST(length_prefixed_codec_test, every_form_comes_back_as_it_was_sent) {
    const strings items = {"", "a", std::string(200, 'b'), "tail"};
    for (unsigned width : {0u, 1u, 2u, 3u, 4u, 5u, 8u})
        for (auto order : {std::endian::big, std::endian::little})
            for (std::size_t offset : {0, 3})
                for (std::int64_t adjustment : {-4, 0, 4}) {
                    if (adjustment > 0)
                        continue; // the empty item could not be sent: see below
                    const io::length_prefixed_codec codec(
                        {.width = width,
                         .order = order,
                         .offset = offset,
                         .adjustment = adjustment},
                        300);
                    std::string bytes;
                    for (const auto& item : items)
                        bytes += encode(codec, item);
                    const auto got = decode(codec, bytes);
                    EXPECT_EQ(got.items, items) << width << ' ' << offset << ' ' << adjustment;
                    EXPECT_FALSE(got.ec);
                }
}

TEST(length_prefixed_codec_test, writes_the_length_where_and_how_it_is_told_to) {
    const auto wire = [](io::length_prefix form) {
        return encode(io::length_prefixed_codec(form), "xyz"s);
    };
    EXPECT_EQ(wire({}), "\0\0\0\3xyz"s);
    EXPECT_EQ(wire({.order = std::endian::little}), "\3\0\0\0xyz"s);
    EXPECT_EQ(wire({.width = 3}), "\0\0\3xyz"s);
    EXPECT_EQ(wire({.width = 1, .offset = 2}), "\0\0\3xyz"s);
    EXPECT_EQ(wire({.width = 2, .adjustment = -2}), "\0\5xyz"s);
    EXPECT_EQ(wire({.width = 2, .adjustment = 1}), "\0\2xyz"s);
    EXPECT_EQ(
        encode(
            io::length_prefixed_codec({.width = io::length_prefix::varint}), std::string(300, 'a')),
        "\xac\x02" + std::string(300, 'a'));
}

TEST(length_prefixed_codec_test, gives_and_takes_whole_frames_if_told_to) {
    const io::length_prefixed_codec codec({.width = 2, .offset = 1, .keep_head = true});
    EXPECT_EQ(decode(codec, "A\0\2xyB\0\0"s).items, (strings{"A\0\2xy"s, "B\0\0"s}));
    EXPECT_EQ(encode(codec, "A\xff\xffxyz"s), "A\0\3xyz"s);
    error_code ec;
    encode(codec, "A\0"s, ec);
    EXPECT_EQ(ec, errc::unencodable);
}

TEST(length_prefixed_codec_test, input_that_ends_inside_a_frame_is_truncated) {
    const auto bytes = "\0\0\0\1a\0\0\0\3bcd"s;
    for (std::size_t n = 0; n != bytes.size(); ++n) {
        const auto got = decode(io::length_prefixed_codec(), bytes.substr(0, n));
        EXPECT_EQ(got.items.size(), n < 5 ? 0u : 1u);
        EXPECT_EQ(got.ec, n == 0 || n == 5 ? error_code() : errc::truncated) << n;
    }
}

TEST(length_prefixed_codec_test, too_long_a_frame_is_found_out_by_its_head) {
    const auto decoded_head = [](io::length_prefix form, std::string_view head) {
        return decode(io::length_prefixed_codec(form, 100), head).ec;
    };
    EXPECT_EQ(decoded_head({}, "\0\0\0\x61"sv), errc::frame_too_long);
    EXPECT_EQ(decoded_head({}, "\xff\xff\xff\xff"sv), errc::frame_too_long);
    EXPECT_EQ(
        decoded_head({.width = 8}, "\xff\xff\xff\xff\xff\xff\xff\xff"sv), errc::frame_too_long);
    EXPECT_EQ(
        decoded_head({.width = 8, .adjustment = 9}, "\xff\xff\xff\xff\xff\xff\xff\xff"sv),
        errc::frame_too_long);
    EXPECT_EQ(decoded_head({.width = 1, .adjustment = -3}, "\2"sv), errc::malformed);
    const auto varint = io::length_prefix{.width = io::length_prefix::varint};
    EXPECT_EQ(
        decoded_head(varint, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv), errc::frame_too_long);
    EXPECT_EQ(decoded_head(varint, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv), errc::malformed);
    EXPECT_EQ(decoded_head({.offset = 200}, std::string(200, 'x')), errc::frame_too_long);
}

TEST(length_prefixed_codec_test, refuses_items_that_do_not_fit) {
    error_code ec;
    encode(io::length_prefixed_codec({}, 10), std::string(7, 'x'), ec);
    EXPECT_EQ(ec, errc::frame_too_long);
    encode(io::length_prefixed_codec({.width = 1}, 1000), std::string(256, 'x'), ec);
    EXPECT_EQ(ec, errc::unencodable);
    encode(io::length_prefixed_codec({.adjustment = 4}), "x"s, ec);
    EXPECT_EQ(ec, errc::unencodable);
    EXPECT_THROW(io::length_prefixed_codec({.width = 9}), std::invalid_argument);
    EXPECT_THROW(
        io::length_prefixed_codec({.width = io::length_prefix::varint, .keep_head = true}),
        std::invalid_argument);
}

} // namespace
} // namespace streamx::testing
