#include <streamx/io/sse_codec.hpp>

#include <unit/io/codec_support.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

using namespace std::literals;

namespace streamx::testing {
namespace {

using io::sse_codec;
using io::sse_event;
using events = std::vector<sse_event>;

static_assert(io::codec<sse_codec>);

TEST(sse_codec_test, html_9_2_6_the_examples_of_the_specification) {
    EXPECT_EQ(
        decode(sse_codec(), "data: YHOO\ndata: +2\ndata: 10\n\n").items,
        events{{.data = "YHOO\n+2\n10"}});
    EXPECT_EQ(
        decode(
            sse_codec(),
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
            "data:  third event\n\n")
            .items,
        (events{
            {.data = "first event", .id = "1"},
            {.data = "second event"},
            {.data = " third event"}}));
    EXPECT_EQ(
        decode(sse_codec(), "data\n\ndata\ndata\n\ndata:").items, (events{{}, {.data = "\n"}}));
    EXPECT_EQ(
        decode(sse_codec(), "data:test\n\ndata: test\n\n").items,
        (events{{.data = "test"}, {.data = "test"}}));
}

TEST(sse_codec_test, html_9_2_5_lines_end_with_lf_crlf_or_cr_and_a_byte_order_mark_is_skipped) {
    const auto got = decode(
        sse_codec(),
        "\xef\xbb\xbf"
        "data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\rdata: e\r\n\n");
    EXPECT_EQ(got.items, (events{{.data = "a\nb\nc"}, {.data = "d"}, {.data = "e"}}));
    EXPECT_FALSE(got.ec);
    EXPECT_EQ(
        decode(sse_codec(), "data: \xef\xbb\xbf\n\n").items, events{{.data = "\xef\xbb\xbf"}});
}

TEST(sse_codec_test, html_9_2_6_types_last_for_one_event_and_ids_until_the_next) {
    EXPECT_EQ(
        decode(
            sse_codec(),
            "event: add\nid: 7\ndata: x\n\ndata: y\n\nevent: lost\nid: 8\n\ndata: z\n\n")
            .items,
        (events{
            {.data = "x", .event = "add", .id = "7"},
            {.data = "y", .id = "7"},
            {.data = "z", .id = "8"},
        }));
}

TEST(sse_codec_test, html_9_2_6_an_id_with_a_nul_and_a_retry_that_is_no_number_are_ignored) {
    EXPECT_EQ(
        decode(sse_codec(), "id: 1\nid: a\0b\nretry: 10s\nretry: -1\nretry:\ndata: x\n\n"sv).items,
        (events{{.data = "x", .id = "1"}}));
    EXPECT_EQ(
        decode(sse_codec(), "retry: 99999999999999999999999\ndata: x\n\n").items,
        events{{.data = "x"}});
}

TEST(sse_codec_test, a_retry_comes_with_the_next_event_once) {
    EXPECT_EQ(
        decode(sse_codec(), "retry: 1500\n\ndata: x\n\ndata: y\n\n").items,
        (events{{.data = "x", .retry = 1500ms}, {.data = "y"}}));
}

TEST(sse_codec_test, html_9_2_6_what_the_end_cuts_off_is_discarded) {
    const auto got = decode(sse_codec(), "data: whole\n\ndata: cut\n");
    EXPECT_EQ(got.items, events{{.data = "whole"}});
    EXPECT_FALSE(got.ec);
    EXPECT_TRUE(decode(sse_codec(), "data: cu").items.empty());
    EXPECT_TRUE(decode(sse_codec(), "\xef\xbb").items.empty());
}

TEST(sse_codec_test, lines_and_data_have_limits) {
    EXPECT_EQ(decode(sse_codec({.line = 8}), "data: ab\r\n\r\n").items, events{{.data = "ab"}});
    EXPECT_EQ(decode(sse_codec({.line = 8}), "data: abc\n\n").ec, errc::line_too_long);
    EXPECT_EQ(decode(sse_codec({.line = 8}), "whatever: and no end").ec, errc::line_too_long);
    const auto got = decode(
        sse_codec({.frame = 4}), "data: abc\n\ndata: abc\ndata: d\n\ndata: abc\ndata: de\n\n");
    EXPECT_EQ(got.items, (events{{.data = "abc"}, {.data = "abc\nd"}}));
    EXPECT_EQ(got.ec, errc::frame_too_long);
}

TEST(sse_codec_test, the_last_id_counts_even_if_no_event_came_with_it) {
    sse_codec codec;
    auto in = "id: 3\n\n"sv;
    EXPECT_FALSE(codec.decode(in));
    EXPECT_EQ(codec.last_event_id(), "3");
}

TEST(sse_codec_test, encodes_what_it_decodes) {
    EXPECT_EQ(encode(sse_codec(), sse_event{.data = "x"}), "data: x\n\n");
    EXPECT_EQ(encode(sse_codec(), sse_event{}), "data: \n\n");
    EXPECT_EQ(
        encode(
            sse_codec(), sse_event{.data = "a\r\nb\rc\nd", .event = "add", .id = "7", .retry = 2s}),
        "event: add\nid: 7\nretry: 2000\ndata: a\ndata: b\ndata: c\ndata: d\n\n");

    const sse_event event{.data = "{\"a\": 1}\n\n", .event = "add", .id = "7", .retry = 2s};
    EXPECT_EQ(decode(sse_codec(), encode(sse_codec(), event)).items, events{event});
}

TEST(sse_codec_test, refuses_to_encode_what_would_be_another_event) {
    for (const auto& bad :
         {sse_event{.event = "a\nb"},
          sse_event{.event = "a\rdata: b"},
          sse_event{.id = "1\n\n"},
          sse_event{.id = "a\0b"s}}) {
        error_code ec;
        encode(sse_codec(), bad, ec);
        EXPECT_EQ(ec, errc::unencodable);
    }
}

TEST(sse_codec_test, comments_are_written_in_lines_and_ignored) {
    io::write_buffer out;
    io::write_sse_comment("", out);
    io::write_sse_comment("still\nhere", out);
    EXPECT_EQ(out.to_string(), ":\n\n: still\n: here\n\n");
    EXPECT_TRUE(decode(sse_codec(), out.to_string()).items.empty());
}

} // namespace
} // namespace streamx::testing
