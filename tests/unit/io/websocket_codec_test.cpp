#include <streamx/io/detail/websocket_codec.hpp>

#include <streamx/core/error.hpp>

#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace streamx::testing {
namespace {

using namespace std::string_literals;
using io::close_code;
using io::websocket_message;
using io::detail::websocket_decoder;
using io::detail::websocket_encoder;
using io::detail::websocket_opcode;
using enum io::detail::websocket_role;

std::string hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    return bytes;
}

/// All that is in there; what a decoder throws is left to the test.
std::vector<websocket_decoder::event> decoded(websocket_decoder& d, std::string_view bytes) {
    std::vector<websocket_decoder::event> events;
    while (auto e = d.decode(bytes))
        events.push_back(*std::move(e));
    return events;
}

std::optional<close_code> refused(
    std::string_view bytes, io::detail::websocket_role role = client, std::size_t limit = 1000) {
    websocket_decoder d(role, limit, false);
    try {
        while (d.decode(bytes)) {
        }
    } catch (const boost::system::system_error& e) {
        return static_cast<close_code>(e.code().value());
    }
    return {};
}

TEST(websocket_codec_test, reads_the_examples_of_rfc_6455_section_5_7) {
    websocket_decoder c(client, 100'000, false);
    auto got = decoded(c, hex("810548656c6c6f") + hex("010348656c") + hex("80026c6f"));
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].data, "Hello");
    EXPECT_EQ(got[1].data, "Hello");
    EXPECT_EQ(got[1].what, websocket_opcode::text);

    websocket_decoder s(server, 100'000, false);
    got = decoded(s, hex("818537fa213d7f9f4d5158"));
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].data, "Hello");

    got = decoded(c, hex("890548656c6c6f"));
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].what, websocket_opcode::ping);
    EXPECT_EQ(got[0].data, "Hello");

    for (const std::size_t size : {256u, 65536u}) {
        got = decoded(
            c, hex(size == 256 ? "827e0100" : "827f0000000000010000") + std::string(size, 'x'));
        ASSERT_EQ(got.size(), 1u);
        EXPECT_EQ(got[0].what, websocket_opcode::binary);
        EXPECT_EQ(got[0].data, std::string(size, 'x'));
    }
}

TEST(websocket_codec_test, every_split_of_the_bytes_gives_the_same_messages) {
    for (const bool deflate : {false, true})
        for (const auto from : {client, server}) {
            SCOPED_TRACE(deflate);
            websocket_encoder encoder(from, deflate);
            io::write_buffer out;
            std::vector<websocket_message> sent;
            for (const std::size_t size :
                 {0u, 1u, 7u, 8u, 125u, 126u, 127u, 65535u, 65536u, 70001u}) {
                std::string data;
                for (std::size_t i = 0; i != size; ++i)
                    data += static_cast<char>('a' + i * 7 % 26);
                sent.push_back({std::move(data), size % 2 == 1});
                encoder.encode(sent.back(), out);
                websocket_encoder::write(from, websocket_opcode::ping, "between", out);
            }
            const auto bytes = out.to_string();
            std::mt19937 random(1);
            for (const std::size_t most : {1u, 2u, 3u, 13u, 4096u, 1'000'000u}) {
                websocket_decoder d(from == client ? server : client, 100'000, deflate);
                std::vector<websocket_message> got;
                int pings = 0;
                std::string held;
                for (std::size_t at = 0; at != bytes.size();) {
                    const auto n = std::min(bytes.size() - at, 1 + random() % most);
                    held += bytes.substr(at, n);
                    at += n;
                    std::string_view in = held;
                    while (auto e = d.decode(in)) {
                        if (e->what == websocket_opcode::ping)
                            ++pings;
                        else
                            got.push_back({e->data, e->what == websocket_opcode::binary});
                    }
                    held.erase(0, held.size() - in.size());
                }
                EXPECT_EQ(got, sent) << "in pieces of at most " << most;
                EXPECT_EQ(pings, 10);
            }
        }
}

TEST(websocket_codec_test, what_the_rfc_forbids_is_a_protocol_error) {
    EXPECT_EQ(refused(hex("8105"), server), close_code::protocol_error) << "not masked";
    EXPECT_EQ(refused(hex("8185")), close_code::protocol_error) << "masked by a server";
    for (const auto* head : {"8300", "8700", "8b00", "8f00"})
        EXPECT_EQ(refused(hex(head)), close_code::protocol_error) << "opcode " << head;
    for (const auto* head : {"c100", "a100", "9100"})
        EXPECT_EQ(refused(hex(head)), close_code::protocol_error) << "reserved bit " << head;
    EXPECT_EQ(refused(hex("0900")), close_code::protocol_error) << "a ping in fragments";
    EXPECT_EQ(refused(hex("897e007e")), close_code::protocol_error) << "a long ping";
    EXPECT_EQ(refused(hex("8000")), close_code::protocol_error) << "goes on with nothing";
    EXPECT_EQ(refused(hex("010161") + hex("8100")), close_code::protocol_error) << "not finished";
    EXPECT_EQ(refused(hex("827e007d")), close_code::protocol_error) << "not the shortest length";
    EXPECT_EQ(refused(hex("827f000000000000ffff")), close_code::protocol_error);
    EXPECT_EQ(refused(hex("827fffffffffffffffff")), close_code::protocol_error);
    EXPECT_EQ(refused(hex("880103")), close_code::protocol_error) << "half a close code";
    for (const auto* code : {"0000", "03e7", "03ec", "03ed", "03ee", "03f7", "07d0", "1388"})
        EXPECT_EQ(refused(hex("8802"s + code)), close_code::protocol_error) << code;
}

TEST(websocket_codec_test, a_close_tells_its_code_and_reason) {
    websocket_decoder d(client, 100, false);
    auto got = decoded(d, hex("8800") + hex("880703f0") + "later" + hex("88020fa1"));
    ASSERT_EQ(got.size(), 3u);
    EXPECT_EQ(got[0].code, close_code::none);
    EXPECT_EQ(got[1].code, close_code::policy);
    EXPECT_EQ(got[1].data, "later");
    EXPECT_EQ(static_cast<int>(got[2].code), 4001);
}

TEST(websocket_codec_test, text_must_be_utf_8) {
    const auto text = [](std::string_view payload) {
        io::write_buffer out;
        websocket_encoder(server, false).encode({std::string(payload), true}, out);
        auto bytes = out.to_string();
        bytes[0] = static_cast<char>(0x81);
        return refused(bytes);
    };
    for (const auto* good : {"c2a2", "e282ac", "f0908d88", "ed9fbf", "ee8080", "f48fbfbf"})
        EXPECT_EQ(text("plain text before" + hex(good)), std::nullopt) << good;
    for (const auto* bad :
         {"80", "c0af", "c1bf", "c3", "e08080", "eda080", "f0808080", "f4908080", "f5808080", "ff"})
        EXPECT_EQ(text("plain text before" + hex(bad)), close_code::bad_payload) << bad;

    io::write_buffer out;
    EXPECT_THROW(
        websocket_encoder(server, false).encode({hex("ff")}, out), boost::system::system_error);
    EXPECT_TRUE(out.empty());
}

TEST(websocket_codec_test, a_message_is_refused_as_soon_as_it_is_known_to_be_too_big) {
    EXPECT_EQ(refused(hex("827e03e8")), std::nullopt);
    EXPECT_EQ(refused(hex("827e03e9")), close_code::too_big) << "before its bytes are there";
    EXPECT_EQ(
        refused(hex("027e03e8") + std::string(1000, 'x') + hex("800161")), close_code::too_big)
        << "fragments count together";

    websocket_encoder encoder(client, true);
    io::write_buffer out;
    encoder.encode({std::string(100'000, 'a')}, out);
    EXPECT_LT(out.size(), 1000u);
    websocket_decoder d(server, 50'000, true);
    const auto bytes = out.to_string();
    std::string_view in = bytes;
    try {
        const auto e = d.decode(in);
        ADD_FAILURE() << "a bomb went through";
    } catch (const boost::system::system_error& e) {
        EXPECT_EQ(e.code(), close_code::too_big);
    }
}

TEST(websocket_codec_test, what_is_not_deflated_is_a_bad_payload) {
    websocket_decoder d(client, 1000, true);
    const auto bytes = hex("c204ffffffff");
    std::string_view in = bytes;
    try {
        const auto e = d.decode(in);
        ADD_FAILURE() << "garbage was inflated";
    } catch (const boost::system::system_error& e) {
        EXPECT_EQ(e.code(), close_code::bad_payload);
    }
}

TEST(websocket_codec_test, a_client_never_uses_the_same_mask_twice_in_a_row) {
    io::write_buffer out;
    websocket_encoder encoder(client, false);
    encoder.encode({"same"}, out);
    const auto first = out.to_string();
    out.clear();
    encoder.encode({"same"}, out);
    EXPECT_NE(first, out.to_string());
}

} // namespace
} // namespace streamx::testing
