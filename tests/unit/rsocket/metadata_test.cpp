#include <streamx/rsocket/metadata.hpp>

#include <streamx/core/error.hpp>

#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace streamx::rsocket {
namespace {

using boost::system::system_error;
using namespace std::string_literals;

TEST(metadata_test, well_known_types_have_the_numbers_of_the_specification) {
    EXPECT_EQ(well_known_id("application/avro"), 0x00);
    EXPECT_EQ(well_known_id("application/json"), 0x05);
    EXPECT_EQ(well_known_id("text/plain"), 0x21);
    EXPECT_EQ(well_known_id("application/x-flatbuffers"), 0x2A);
    EXPECT_EQ(well_known_id(mime::data_type), 0x7A);
    EXPECT_EQ(well_known_id(mime::composite), 0x7F);
    EXPECT_FALSE(well_known_id("text/unheard-of"));
    for (unsigned id = 0; id != 256; ++id) {
        const auto type = well_known_type(static_cast<std::uint8_t>(id));
        EXPECT_TRUE(!type || well_known_id(*type) == id) << id;
    }
    EXPECT_FALSE(well_known_type(0x2B));
    EXPECT_FALSE(well_known_type(0x80));
}

TEST(metadata_test, composite_metadata_has_the_bytes_of_the_specification) {
    const auto bytes = encode_composite({{std::string(mime::routing), "\x01r"}, {"a/b", "xyz"}});
    EXPECT_EQ(bytes, "\xFE\0\0\2\1r\2"s + "a/b" + "\0\0\3xyz"s);
    const auto back = decode_composite(bytes);
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(back[0].type, mime::routing);
    EXPECT_EQ(back[1], (metadata_entry{"a/b", "xyz"}));
}

TEST(metadata_test, types_of_1_to_128_bytes_are_written_and_others_refused) {
    for (const std::size_t size : {1, 127, 128}) {
        const metadata_entry e{std::string(size, 't'), ""};
        EXPECT_EQ(decode_composite(encode_composite({e})), std::vector{e});
    }
    EXPECT_THROW(encode_composite({{"", "x"}}), system_error);
    EXPECT_THROW(encode_composite({{std::string(129, 't'), "x"}}), system_error);
}

TEST(metadata_test, routes_of_up_to_255_bytes_are_written_and_longer_ones_refused) {
    const std::vector<std::string> tags{"", "person.1", std::string(255, 'r')};
    EXPECT_EQ(decode_routing(encode_routing(tags)), tags);
    EXPECT_THROW(encode_routing({std::string(256, 'r')}), system_error);
}

TEST(metadata_test, credentials_have_the_bytes_of_the_specification) {
    EXPECT_EQ(encode_credentials({"simple", "user", "pw"}), "\x80\0\4userpw"s);
    EXPECT_EQ(encode_credentials({"bearer", "", "token"}), "\x81token");
    EXPECT_EQ(encode_credentials({"own", "", "x"}), "\2ownx");
    for (const auto& c :
         {credentials{"simple", "user", "pw"},
          credentials{"simple", "", ""},
          credentials{"bearer", "", "token"},
          credentials{"own", "", "x"}})
        EXPECT_EQ(decode_credentials(encode_credentials(c)), c);
    EXPECT_THROW(encode_credentials({"simple", std::string(65536, 'u'), ""}), system_error);
    EXPECT_THROW((void)decode_credentials(""), system_error);
    EXPECT_THROW((void)decode_credentials("\x80\0\5user"s), system_error);
    EXPECT_THROW((void)decode_credentials("\x85x"), system_error);
}

TEST(metadata_test, whatever_a_request_says_comes_back) {
    request_metadata m;
    m.route = "r";
    m.tags = {"r", "s"};
    m.who = credentials{"bearer", "", "t"};
    m.data_type = "application/json";
    m.accepted_types = {"text/plain", "own/type"};
    m.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    m.others = {{"x/y", "z"}};
    const auto back = request_metadata::decode(m.encode(), mime::composite);
    EXPECT_EQ(back.route, "r");
    EXPECT_EQ(back.tags, m.tags);
    EXPECT_EQ(back.who, m.who);
    EXPECT_EQ(back.data_type, m.data_type);
    EXPECT_EQ(back.accepted_types, m.accepted_types);
    EXPECT_EQ(back.traceparent, m.traceparent);
    EXPECT_EQ(back.others, m.others);
    EXPECT_EQ(request_metadata::decode(encode_routing({"r"}), mime::routing).route, "r");
    EXPECT_EQ(request_metadata::decode("raw", "text/plain").others.front().content, "raw");
}

TEST(metadata_test, lists_of_up_to_256_are_written_and_read_and_longer_ones_refused) {
    std::vector<std::string> tags(256), types(256, "text/plain");
    std::vector<metadata_entry> entries(256, {"a/b", ""});
    EXPECT_EQ(decode_routing(encode_routing(tags)), tags);
    EXPECT_EQ(decode_mime_types(encode_mime_types(types)), types);
    EXPECT_EQ(decode_composite(encode_composite(entries)), entries);
    EXPECT_THROW((void)decode_routing(encode_routing(tags) + '\0'), system_error);
    EXPECT_THROW((void)decode_mime_types(encode_mime_types(types) + '\x80'), system_error);
    EXPECT_THROW(
        (void)decode_composite(encode_composite(entries) + encode_composite({{"c/d", ""}})),
        system_error);

    const metadata_entry routing{std::string(mime::routing), encode_routing(tags)};
    EXPECT_EQ(request_metadata::decode(encode_composite({routing}), mime::composite).tags, tags);
    EXPECT_THROW(
        (void)request_metadata::decode(encode_composite({routing, routing}), mime::composite),
        system_error)
        << "it is all tags of a request together";

    request_metadata m;
    m.route = "r";
    m.others = entries;
    EXPECT_THROW(m.encode(), system_error);
    for (auto* list : {&tags, &types})
        list->emplace_back("one");
    entries.emplace_back();
    EXPECT_THROW(encode_routing(tags), system_error);
    EXPECT_THROW(encode_mime_types(types), system_error);
    EXPECT_THROW(encode_composite(entries), system_error);
}

TEST(metadata_test, metadata_cut_anywhere_is_refused_or_shorter_and_never_read_beyond) {
    request_metadata m;
    m.route = "route";
    m.who = credentials{"simple", "user", "pw"};
    const auto bytes = m.encode();
    for (std::size_t size = 0; size != bytes.size(); ++size) {
        const std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<long>(size));
        try {
            (void)request_metadata::decode({exact.data(), exact.size()}, mime::composite);
        } catch (const system_error& e) {
            EXPECT_EQ(e.code(), streamx::errc::malformed);
        }
    }
}

TEST(metadata_test, secrets_are_the_same_only_if_every_byte_is) {
    EXPECT_TRUE(same_secret("", ""));
    EXPECT_TRUE(same_secret("secret", "secret"));
    EXPECT_FALSE(same_secret("secret", "secreT"));
    EXPECT_FALSE(same_secret("secret", "secret1"));
    EXPECT_FALSE(same_secret("secret", "secre"));
    EXPECT_FALSE(same_secret("secret", ""));
}

} // namespace
} // namespace streamx::rsocket
