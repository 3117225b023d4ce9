#pragma once

#include <streamx/core/error.hpp>
#include <streamx/io/codec.hpp>

#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace streamx::testing {

/// What a decoder makes of bytes that come in pieces and then end.
template <class Item>
struct decoded {
    std::vector<Item> items;
    error_code ec;
};

/// Feeds a decoder the pieces that `length()` says, as a connection does.
template <class Codec, class Length>
auto decode_in_pieces(Codec codec, std::string_view bytes, Length length) {
    decoded<typename Codec::value_type> got;
    std::string have;
    std::string_view in;
    try {
        for (std::size_t at = 0; at != bytes.size();) {
            have = std::string(in);
            const auto piece = bytes.substr(at, length());
            have += piece;
            at += piece.size();
            in = have;
            while (auto item = codec.decode(in))
                got.items.push_back(*std::move(item));
        }
        if (!in.empty())
            if constexpr (requires { codec.decode_end(in); })
                while (auto item = in.empty() ? std::nullopt : codec.decode_end(in))
                    got.items.push_back(*std::move(item));
        if (!in.empty())
            got.ec = errc::truncated;
    } catch (const boost::system::system_error& e) {
        got.ec = e.code();
    }
    return got;
}

/// The same for every length of piece, and for pieces of random lengths; they must all agree.
template <class Codec>
auto decode(const Codec& codec, std::string_view bytes) {
    auto whole = decode_in_pieces(codec, bytes, [&] { return bytes.size(); });
    std::mt19937 random(7);
    for (std::size_t n = 1; n < bytes.size() + 50; ++n) {
        auto length = [&]() -> std::size_t { return n < bytes.size() ? n : 1 + random() % 7; };
        auto split = decode_in_pieces(codec, bytes, length);
        EXPECT_EQ(split.items, whole.items) << "pieces of " << n;
        EXPECT_EQ(split.ec, whole.ec) << "pieces of " << n;
    }
    return whole;
}

/// What an encoder makes of an item, or the code of what it threw.
template <class Codec, class Item>
std::string encode(Codec codec, Item item, error_code& ec) {
    io::write_buffer out;
    ec = {};
    try {
        codec.encode(std::move(item), out);
    } catch (const boost::system::system_error& e) {
        ec = e.code();
    }
    return out.to_string();
}

template <class Codec, class Item>
std::string encode(Codec codec, Item item) {
    error_code ec;
    auto bytes = encode(std::move(codec), std::move(item), ec);
    EXPECT_FALSE(ec) << ec.message();
    return bytes;
}

} // namespace streamx::testing
