#include "../../src/bridges/nats/json.hpp"

#include <streamx/bridges/nats/detail/receipt.hpp>

#include <gtest/gtest.h>

namespace streamx::nats::detail {
namespace {

TEST(json_test, finds_a_member_at_any_depth) {
    const auto text =
        R"( {"a" : [1,{"seq":9}], "error":{"code":400, "d":"x\"}", "e":10070},"seq":12} )";
    EXPECT_EQ(json_number(text, "seq"), 12u);
    EXPECT_EQ(json_number(text, "error.e"), 10070u);
    EXPECT_EQ(json_member(text, "error.d"), R"(x\"})");
    EXPECT_EQ(json_member(text, "a"), R"([1,{"seq":9}])");
    EXPECT_FALSE(json_member(text, "b"));
    EXPECT_FALSE(json_member(text, "seq.x"));
}

TEST(json_test, garbage_has_no_members) {
    const std::string text = R"({"a":{"b":[1,"2"]},"seq":12})";
    for (std::size_t n = 0; n < text.size(); ++n)
        EXPECT_FALSE(json_member(text.substr(0, n), "none"));
    for (const char* bad :
         {"", "[]", "{", "{\"", "{\"seq\"", "{\"seq\":", "{]", "{\"a\":}}", "null"})
        EXPECT_FALSE(json_number(bad, "seq")) << bad;
    EXPECT_FALSE(json_number(std::string(100'000, '['), "seq"));
    EXPECT_FALSE(json_number("{\"a\":" + std::string(100'000, '[') + "}", "seq"));
}

TEST(json_test, writes_what_it_reads) {
    const auto text =
        json_object().text("t", "a\"b\\\n").number("n", -1).flag("f", true).raw("r", "[]").str();
    EXPECT_EQ(text, R"({"t":"a\"b\\\u000a","n":-1,"f":true,"r":[]})");
}

TEST(json_test, a_reply_subject_says_where_a_message_stands) {
    auto m = parse_metadata("$JS.ACK.S.c.2.10.11.1700000000000000000.7");
    EXPECT_EQ(m.stream, "S");
    EXPECT_EQ(m.consumer, "c");
    EXPECT_EQ(m.delivered, 2u);
    EXPECT_EQ(m.sequence, 10u);
    EXPECT_EQ(m.consumer_sequence, 11u);
    EXPECT_EQ(m.pending, 7u);
    EXPECT_EQ(parse_metadata("$JS.ACK._.hash.S.c.2.10.11.1700000000000000000.7.x").sequence, 10u);
    EXPECT_EQ(parse_metadata("$JS.ACK.S").sequence, 0u);
    EXPECT_EQ(parse_metadata("").sequence, 0u);
}

} // namespace
} // namespace streamx::nats::detail
