#include <streamx/io/websocket_bytes.hpp>

#include <streamx/io/bytes_codec.hpp>
#include <streamx/io/framed.hpp>
#include <streamx/io/length_prefixed_codec.hpp>
#include <streamx/io/line_codec.hpp>
#include <streamx/io/lines.hpp>

#include <unit/io/websocket_support.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

using namespace std::literals;

namespace streamx::testing {
namespace {

using websocket_bytes_test = websocket_pair_test;

/// Under the key 1 2 3 4, so many bytes on.
std::string masked(std::string text, std::size_t at = 0) {
    for (char& c : text)
        c = static_cast<char>(c ^ ("\1\2\3\4"[at++ % 4]));
    return text;
}

std::string joined(const strings& parts) {
    std::string all;
    for (const auto& part : parts)
        all += part;
    return all;
}

TEST_F(websocket_bytes_test, carries_many_items_in_a_message) {
    auto [server, client] = both();
    auto ours = io::framed<io::length_prefixed_codec>(io::websocket_bytes(std::move(*server)));
    auto theirs = std::move(*client);
    strings sent;
    for (int i = 0; i != 1000; ++i) {
        sent.push_back(std::to_string(i));
        EXPECT_TRUE(ours.out.try_send(sent.back()));
    }
    ours.out.close();
    const auto messages = collect(ctx, std::move(theirs.in));
    EXPECT_TRUE(messages.ended) << messages.what;
    ASSERT_EQ(messages.items.size(), 1u);
    EXPECT_TRUE(messages.items[0].binary);
    EXPECT_EQ(messages.items[0].data.substr(0, 10), "\0\0\0\0010\0\0\0\0011"s);
}

TEST_F(websocket_bytes_test, is_a_connection_both_ways) {
    auto [server, client] = both();
    auto ours = io::framed<io::line_codec>(io::websocket_bytes(std::move(*server)));
    auto theirs = io::framed<io::line_codec>(io::websocket_bytes(std::move(*client)));
    for (int i = 0; i != 3; ++i) {
        EXPECT_TRUE(theirs.out.try_send("line " + std::to_string(i)));
        EXPECT_TRUE(ours.out.try_send("answer"));
    }
    theirs.out.close();
    const auto got = collect(ctx, std::move(ours.in));
    EXPECT_EQ(got.items, (strings{"line 0", "line 1", "line 2"}));
    EXPECT_TRUE(got.ended) << got.what;
    const auto back = collect(ctx, std::move(theirs.in));
    EXPECT_EQ(back.items, (strings{"answer", "answer", "answer"}));
    EXPECT_TRUE(back.ended) << back.what;
}

TEST_F(websocket_bytes_test, is_flushed_when_the_connection_has_taken_it) {
    connect(1000);
    auto [server, client] = both();
    auto out = io::lines_sink(io::websocket_bytes(std::move(*server)));
    EXPECT_TRUE(out.try_send(std::string(5000, 'x')));
    completion_probe<> flushed;
    out.async_flush(flushed.handler());
    poll();
    EXPECT_EQ(flushed->calls, 0) << "nobody reads, and so most of it is not written";
    EXPECT_EQ(out.queued_items(), 1u);
    auto in = io::lines(io::websocket_bytes(std::move(*client)));
    EXPECT_EQ(next(ctx, in).value.value(), std::string(5000, 'x'));
    poll();
    EXPECT_EQ(flushed->calls, 1);
    EXPECT_FALSE(flushed->ec) << flushed->what;
    EXPECT_EQ(out.queued_items(), 0u);
}

TEST_F(websocket_bytes_test, tells_a_failure_from_an_end) {
    auto [server, client] = both();
    auto out = io::lines_sink(io::websocket_bytes(std::move(*server)));
    EXPECT_TRUE(out.try_send("half"));
    poll();
    out.close(make_failure(errc::full, "test"));
    const auto got = collect(ctx, io::lines(io::websocket_bytes(std::move(*client))));
    EXPECT_EQ(got.items, strings{"half"});
    EXPECT_EQ(got.ec, close_code::internal_error) << got.what;
}

TEST_F(websocket_bytes_test, that_were_closed_can_be_used_no_more) {
    auto [server, client] = both();
    auto bytes = io::websocket_bytes(std::move(*server));
    bytes.close();
    completion_probe<> down, written, read;
    char c = 0;
    bytes.async_shutdown(down.handler());
    bytes.async_write_some(
        asio::buffer("x"), [h = written.handler()](error_code ec, std::size_t) mutable { h(ec); });
    bytes.async_read_some(
        asio::buffer(&c, 1), [h = read.handler()](error_code ec, std::size_t) mutable { h(ec); });
    EXPECT_EQ(down->calls + written->calls + read->calls, 0) << "never inline";
    poll();
    EXPECT_EQ(down->ec, asio::error::operation_aborted);
    EXPECT_EQ(written->ec, asio::error::operation_aborted);
    EXPECT_EQ(read->ec, asio::error::operation_aborted);
}

TEST_F(websocket_bytes_test, fails_as_the_websocket_does) {
    auto ws = raw_client();
    auto in = io::lines(io::websocket_bytes(std::move(*ws)));
    completion_probe<> p;
    in.async_wait(p.handler());
    say("\xff\xff");
    poll();
    EXPECT_EQ(collect(ctx, std::move(in)).ec, errc::malformed);
}

TEST_F(websocket_bytes_test, a_message_need_not_be_whole_to_be_read) {
    auto ws = raw_client();
    auto in = io::lines(io::websocket_bytes(std::move(*ws)));
    say("\x02\xff\0\0\0\0\0\x0f\0\0\1\2\3\4"s +
        masked("first\nseco")); // of 983 040 bytes, not the last
    EXPECT_EQ(next(ctx, in).value.value(), "first");
    EXPECT_TRUE(collect(ctx, in).hung);
    say(masked("nd\n", 10));
    EXPECT_EQ(next(ctx, in).value.value(), "second");
}

TEST_F(websocket_bytes_test, messages_of_every_kind_and_size_come_in_order) {
    for (const bool deflate : {false, true})
        for (const std::size_t most : {1u, 7u, 64u, 100'000u}) {
            SCOPED_TRACE(most);
            connect();
            far->script().read_at_most(most);
            near->script().read_at_most(most);
            websocket_options o;
            o.deflate = deflate;
            auto [server, client] = both(o, o);
            std::string sent;
            for (std::size_t size = 0; size != 40; ++size) {
                const std::string part(size, static_cast<char>('a' + size % 26));
                EXPECT_TRUE(client->out.try_send({part, size % 3 != 0}));
                sent += part;
            }
            client->out.close();
            auto in = io::framed<io::bytes_codec>(io::websocket_bytes(std::move(*server))).in;
            const auto got = collect(ctx, std::move(in));
            EXPECT_TRUE(got.ended) << got.what;
            EXPECT_EQ(joined(got.items), sent);
        }
}

TEST_F(websocket_bytes_test, a_write_is_masked_over_its_pieces) {
    auto [server, client] = both();
    auto bytes = io::websocket_bytes(std::move(*client));
    completion_probe<> written;
    const std::array<asio::const_buffer, 4> pieces{
        asio::buffer("abc", 3),
        asio::buffer("", 0),
        asio::buffer("0123456789", 10),
        asio::buffer("x", 1)};
    std::size_t size = 0;
    bytes.async_write_some(
        pieces, [&, h = written.handler()](error_code ec, std::size_t n) mutable {
            size = n;
            h(ec);
        });
    EXPECT_EQ(next(ctx, server->in).value.value(), (websocket_message{"abc0123456789x", true}));
    EXPECT_FALSE(written->ec) << written->what;
    EXPECT_EQ(size, 14u);
}

TEST_F(websocket_bytes_test, what_came_before_a_failure_is_read_first_and_the_failure_stays) {
    auto ws = raw_client();
    auto bytes = io::websocket_bytes(std::move(*ws));
    say("\x82\x82\0\0\0\0hi\xff\xff"s);
    std::array<char, 10> to{};
    std::vector<std::pair<error_code, std::size_t>> reads;
    for (int i = 0; i != 3; ++i) {
        bytes.async_read_some(
            asio::buffer(to), [&](error_code ec, std::size_t n) { reads.emplace_back(ec, n); });
        poll();
    }
    ASSERT_EQ(reads.size(), 3u);
    EXPECT_EQ(reads[0], std::pair(error_code(), std::size_t(2)));
    EXPECT_EQ(reads[1].first, errc::malformed);
    EXPECT_EQ(reads[2].first, errc::malformed);
}

TEST_F(websocket_bytes_test, a_message_in_fragments_has_a_limit_still) {
    websocket_options o;
    o.limits.message = 5;
    auto ws = raw_client(o);
    auto in = io::lines(io::websocket_bytes(std::move(*ws)));
    say("\x02\x83\0\0\0\0ab\n\x80\x83\0\0\0\0cd\n"s);
    const auto got = collect(ctx, std::move(in));
    EXPECT_EQ(got.items, strings{"ab"});
    EXPECT_EQ(got.ec, errc::message_too_big) << got.what;
}

} // namespace
} // namespace streamx::testing
