// What a connection that nothing happens on holds.

#include "session_support.hpp"

#include <rsocket/frame.hpp>

#include <unit/heap.hpp>
#include <unit/sanitizers.hpp>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <list>
#include <string>
#include <utility>
#include <vector>

namespace streamx::rsocket {
namespace {

using testing::memory_stream;

constexpr std::size_t enough = 4096; // bytes of a connection, beyond its transport's own

struct idle_test : memory_fixture {
    void SetUp() override {
        if (testing::sanitized)
            GTEST_SKIP() << "a sanitizer has a heap of its own";
    }

    /// Heap bytes of what `open` makes of one end of a connection, the other end being `answer`'s.
    template <class Open, class Answer>
    std::size_t cost(Open open, Answer answer) {
        std::list<memory_stream> others;
        return testing::heap_of([&] {
            auto [mine, theirs] = memory_stream::pair(ctx.get_executor());
            others.push_back(std::move(theirs));
            open(io::transport(std::move(mine)));
            answer(others.back());
        });
    }

    /// One that only waits for what is to be read.
    std::size_t of_transports() {
        std::list<io::transport> open;
        std::list<std::array<char, 1>> read;
        return cost(
            [&](io::transport t) {
                open.push_back(std::move(t));
                open.back().async_read_some(
                    asio::buffer(read.emplace_back()), [](error_code, std::size_t) {});
            },
            [](memory_stream&) {});
    }

    void write(memory_stream& to, const std::vector<frame>& frames) {
        std::string bytes;
        for (const auto& f : frames)
            encode(f, bytes);
        bool done = false;
        asio::async_write(to, asio::buffer(bytes), [&](error_code, std::size_t) { done = true; });
        EXPECT_TRUE(comes([&] { return done; }));
    }
    /// The next frame's type.
    frame_type read(memory_stream& from) {
        std::string bytes(length_size, '\0');
        frame_type type{};
        const auto got = [&](error_code ec, std::size_t) {
            type = ec ? frame_type{} : decode_header(bytes)->type;
        };
        asio::async_read(from, asio::buffer(bytes), [&](error_code, std::size_t) {
            bytes.resize(
                static_cast<unsigned char>(bytes[1]) * 256U + static_cast<unsigned char>(bytes[2]));
            asio::async_read(from, asio::buffer(bytes), got);
        });
        EXPECT_TRUE(comes([&] { return type != frame_type{}; }));
        return type;
    }
};

constexpr frame setup{
    .type = frame_type::setup, .major = 1, .interval = 10'000, .lifetime = 60'000};
constexpr frame alive{.type = frame_type::keepalive, .flags = flags::respond};

TEST_F(idle_test, a_server_s_end_of_a_connection_is_small) {
    const auto plain = of_transports();
    const auto ours = cost(
        [&](io::transport t) { serve().accept(std::move(t)); },
        [&](memory_stream& peer) {
            write(peer, {setup, alive});
            EXPECT_EQ(read(peer), frame_type::keepalive);
        });
    RecordProperty("bytes", static_cast<int>(ours - plain));
    EXPECT_LE(ours, plain + enough);
}

TEST_F(idle_test, a_client_s_end_of_a_connection_is_small) {
    const auto plain = of_transports();
    std::list<client> clients;
    const auto ours = cost(
        [&](io::transport t) {
            async_connect(std::move(t), asking, [&](error_code ec, client c) {
                EXPECT_FALSE(ec);
                clients.push_back(std::move(c));
            });
        },
        [&](memory_stream& peer) {
            EXPECT_EQ(read(peer), frame_type::setup);
            EXPECT_EQ(read(peer), frame_type::keepalive);
            const auto there = clients.size();
            write(peer, {{.type = frame_type::keepalive}});
            EXPECT_TRUE(comes([&] { return clients.size() == there + 1; }));
        });
    RecordProperty("bytes", static_cast<int>(ours - plain));
    EXPECT_LE(ours, plain + enough);
}

} // namespace
} // namespace streamx::rsocket
