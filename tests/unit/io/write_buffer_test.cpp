#include <streamx/io/write_buffer.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

std::string
gathered(const io::write_buffer& b, std::size_t from, std::size_t n, std::size_t count) {
    std::vector<boost::asio::const_buffer> buffers;
    b.gather(from, n, count, buffers);
    EXPECT_LE(buffers.size(), count);
    std::string bytes;
    for (const auto& part : buffers)
        bytes.append(static_cast<const char*>(part.data()), part.size());
    EXPECT_LE(bytes.size(), n);
    return bytes;
}

TEST(write_buffer_test, keeps_small_and_large_pieces_in_order) {
    io::write_buffer b;
    std::string expected;
    std::mt19937 random(1);
    for (int i = 0; i != 100; ++i) {
        std::string piece(
            random() % (2 * io::write_buffer::large), static_cast<char>('a' + i % 26));
        expected += piece;
        if (i % 3 == 0)
            b.append(piece);
        else
            b.take(std::move(piece));
    }
    EXPECT_EQ(b.size(), expected.size());
    EXPECT_TRUE(b.to_string() == expected);
    for (std::size_t from = 0, n = 0; from < expected.size(); from += n) {
        const auto part = gathered(b, from, 100'000, 3);
        ASSERT_FALSE(part.empty());
        EXPECT_TRUE(expected.compare(from, part.size(), part) == 0);
        n = part.size();
    }
    EXPECT_EQ(gathered(b, expected.size(), 10, 10), "");
}

TEST(write_buffer_test, refers_to_large_strings_instead_of_copying_them) {
    io::write_buffer b;
    std::string large(io::write_buffer::large, 'x');
    const auto* bytes = large.data();
    b.push_back('a');
    b.take(std::move(large));
    std::vector<boost::asio::const_buffer> buffers;
    b.gather(0, b.size(), 8, buffers);
    ASSERT_EQ(buffers.size(), 2u);
    EXPECT_EQ(buffers[1].data(), bytes);
}

TEST(write_buffer_test, is_cut_back_to_any_size_that_it_had) {
    std::mt19937 random(2);
    for (const int calls : {1, 2, 5, 40}) {
        io::write_buffer b;
        for (int round = 0; round != 50; ++round) { // with what the round before left in reserve
            std::string expected;
            std::vector<std::size_t> sizes{0};
            for (int i = 0; i != calls; ++i) {
                std::string piece(
                    1 + random() % (random() % 8 == 0 ? 200'000 : 20'000),
                    static_cast<char>('a' + i % 26));
                expected += piece;
                if (random() % 2 == 0)
                    b.append(piece);
                else
                    b.take(std::move(piece));
                sizes.push_back(b.size());
            }
            ASSERT_TRUE(b.to_string() == expected);
            while (!sizes.empty()) {
                b.cut_to(sizes.back());
                ASSERT_EQ(b.size(), sizes.back());
                expected.resize(sizes.back());
                ASSERT_TRUE(b.to_string() == expected);
                if (random() % 4 == 0) { // and goes on from there
                    b.append("more");
                    ASSERT_TRUE(b.to_string() == expected + "more");
                    b.cut_to(expected.size());
                }
                sizes.pop_back();
            }
            if (round % 2 == 0)
                b.clear();
            if (round % 3 == 0)
                b.shrink();
        }
    }
}

TEST(write_buffer_test, appends_another_whole) {
    io::write_buffer a, b;
    a.append("head");
    b.take(std::string(io::write_buffer::large, 'x'));
    b.append("tail");
    a.append(b);
    EXPECT_TRUE(a.to_string() == "head" + b.to_string());
}

} // namespace
} // namespace streamx::testing
