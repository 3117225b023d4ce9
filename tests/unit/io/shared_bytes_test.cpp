#include <streamx/io/shared_bytes.hpp>

#include <streamx/io/bytes.hpp>
#include <streamx/io/delimited.hpp>
#include <streamx/io/length_prefixed.hpp>
#include <streamx/io/lines.hpp>

#include "support.hpp"

#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace streamx::testing {
namespace {

using io::shared_bytes;

TEST(shared_bytes_test, is_a_value_whatever_its_size) {
    for (const std::size_t size : {0u, 1u, 16u, 17u, 5000u}) {
        const std::string text(size, 'x');
        shared_bytes a(text);
        EXPECT_EQ(a, text);
        EXPECT_EQ(a.size(), size);
        EXPECT_EQ(a.empty(), size == 0);

        const shared_bytes copy = a;
        EXPECT_EQ(copy, a);
        if (size > 16) {
            EXPECT_EQ(copy.data(), a.data()) << "shared";
        }
        const shared_bytes moved = std::move(a);
        EXPECT_EQ(moved, text);
        EXPECT_TRUE(a.empty()); // NOLINT(bugprone-use-after-move)

        shared_bytes b(std::string_view("something that is longer than sixteen"));
        b = moved;
        EXPECT_EQ(b, text);
        auto& self = b;
        b = self;
        EXPECT_EQ(b, text);
        b = shared_bytes();
        EXPECT_TRUE(b.empty());
        EXPECT_EQ(std::string(moved.begin(), moved.end()), text);
    }
}

struct shared_items_test : connection_test {
    template <class S>
    std::vector<shared_bytes> all_of(S in) {
        return collect(ctx, std::move(in)).items;
    }
};

TEST_F(shared_items_test, stay_when_the_buffer_goes_on_and_when_the_stream_is_gone) {
    connect(1024 * 1024);
    strings expected;
    std::string wire;
    for (int i = 0; i != 5000; ++i) { // several times the buffer
        expected.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i) % 90, 'x'));
        wire += expected.back() + "\n";
    }
    say(wire);
    end();
    const auto items = all_of(io::lines<shared_bytes>(take()));
    ASSERT_EQ(items.size(), expected.size());
    for (std::size_t i = 0; i != items.size(); ++i)
        ASSERT_EQ(items[i], expected[i]);
}

TEST_F(shared_items_test, leave_the_buffer_alone_once_they_are_gone) {
    connect();
    auto in = io::length_prefixed<shared_bytes>(take());
    const std::string payload(3000, 'p'); // the buffer has 4096 bytes
    const auto next = [&] {
        say(std::string("\0\0\x0b\xb8", 4) + payload);
        auto item = in.try_next();
        while (!item) {
            completion_probe<> p;
            in.async_wait(p.handler());
            poll();
            item = in.try_next();
        }
        return *std::move(item);
    };
    const auto* first = next().data();
    for (int i = 0; i != 10; ++i)
        next();
    // Either the next one lies in the same block, or blocks would never be used again.
    EXPECT_EQ(next().data(), first);

    const auto kept = next();
    std::vector<shared_bytes> more;
    for (int i = 0; i != 10; ++i) {
        more.push_back(next());
        EXPECT_NE(more.back().data(), kept.data());
    }
    EXPECT_EQ(kept, payload);
    for (const auto& item : more)
        EXPECT_EQ(item, payload);
}

TEST_F(shared_items_test, come_from_every_codec_of_bytes) {
    const std::string text = "an item that does not fit into the object";
    for (const auto how : {0, 1, 2}) {
        connect();
        say(text + (how == 2 ? "|" : ""));
        end();
        const auto items = how == 0   ? all_of(io::bytes<shared_bytes>(take()))
                           : how == 1 ? all_of(io::lines<shared_bytes>(take()))
                                      : all_of(io::delimited<shared_bytes>(take(), "|"));
        ASSERT_EQ(items.size(), 1u);
        EXPECT_EQ(items[0], text);
    }
}

TEST_F(shared_items_test, may_go_to_another_thread_while_the_stream_reads_on) {
    connect(1024 * 1024);
    auto in = io::lines<shared_bytes>(take());
    std::string wire;
    for (int i = 0; i != 2000; ++i)
        wire += std::string(40, static_cast<char>('a' + i % 26)) + "\n";
    say(wire);
    end();
    std::vector<std::thread> readers;
    std::size_t seen = 0;
    for (;;) {
        auto item = in.try_next();
        if (item.is_end())
            break;
        if (!item) {
            completion_probe<> p;
            in.async_wait(p.handler());
            poll();
            continue;
        }
        if (seen++ % 100 == 0)
            readers.emplace_back([kept = *std::move(item)] {
                for (const char c : kept)
                    EXPECT_EQ(c, kept.view().front());
            });
    }
    EXPECT_EQ(seen, 2000u);
    for (auto& t : readers)
        t.join();
}

} // namespace
} // namespace streamx::testing
