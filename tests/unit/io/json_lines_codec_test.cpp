#include <streamx/io/json_lines_codec.hpp>

#include <unit/io/codec_support.hpp>

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace streamx::testing {

struct point {
    int x = 0, y = 0;
    friend bool operator==(const point&, const point&) = default;
};
point tag_invoke(boost::json::value_to_tag<point>, const boost::json::value& v) {
    if (v.at("x").as_int64() == 13)
        throw std::domain_error("no thirteens");
    return {boost::json::value_to<int>(v.at("x")), boost::json::value_to<int>(v.at("y"))};
}
void tag_invoke(boost::json::value_from_tag, boost::json::value& v, const point& p) {
    v = {{"x", p.x}, {"y", p.y}};
}

namespace {

TEST(json_lines_codec_test, gives_and_takes_any_type_that_boost_json_knows) {
    const io::json_lines_codec<point> codec;
    const auto got = decode(codec, "{\"x\":1,\"y\":2}\n\n \r\n{ \"y\" : 4, \"x\" : 3 }\r\n");
    EXPECT_EQ(got.items, (std::vector<point>{{1, 2}, {3, 4}}));
    EXPECT_FALSE(got.ec);
    EXPECT_EQ(encode(codec, point{5, 6}), "{\"x\":5,\"y\":6}\n");

    using map = std::map<std::string, int>;
    EXPECT_EQ(
        decode(io::json_lines_codec<map>(), "{\"a\":1}").items, (std::vector<map>{{{"a", 1}}}));
    EXPECT_EQ(encode(io::json_lines_codec<std::string>(), std::string("a\nb")), "\"a\\nb\"\n");
    EXPECT_EQ(decode(io::json_lines_codec<>(), "[1]\n").items.size(), 1u);
}

TEST(json_lines_codec_test, says_what_is_wrong_with_a_line) {
    EXPECT_EQ(decode(io::json_lines_codec<>(), "1\n[1\n").ec, errc::malformed);
    EXPECT_EQ(decode(io::json_lines_codec<>(), "1\n[1").ec, errc::truncated);
    EXPECT_EQ(decode(io::json_lines_codec<int>(), "\"a\"\n").ec, errc::malformed);
    EXPECT_EQ(decode(io::json_lines_codec<>(2), "[1]\n").ec, errc::line_too_long);
    EXPECT_EQ(decode(io::json_lines_codec<>(), "1\n  ").items.size(), 1u);
    EXPECT_FALSE(decode(io::json_lines_codec<>(), "1\n  ").ec);
}

TEST(json_lines_codec_test, what_a_conversion_throws_comes_as_it_is) {
    std::string_view in = "{\"x\":13,\"y\":1}\n";
    EXPECT_THROW((void)io::json_lines_codec<point>().decode(in), std::domain_error);
}

} // namespace
} // namespace streamx::testing
