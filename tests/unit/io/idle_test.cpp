// What a connection holds while nothing happens on it.

#include <streamx/io/framed.hpp>

#include <streamx/io/line_codec.hpp>

#include <unit/heap.hpp>
#include <unit/io/support.hpp>
#include <unit/sanitizers.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <list>
#include <string>
#include <utility>

namespace streamx::testing {
namespace {

/// Bytes of the two halves of a connection with the KiB that it begins to read into, beyond a stream that
/// is only read from.
constexpr std::size_t enough = 2800;

struct idle_test : connection_test {
    void SetUp() override {
        if (sanitized)
            GTEST_SKIP() << "a sanitizer has a heap of its own";
    }

    /// Heap bytes of what `wait` makes of one end of a connection.
    template <class Wait>
    std::size_t cost(Wait wait) {
        return heap_of([&] {
            connect();
            peers.push_back(std::move(*far));
            wait(take());
            poll();
        });
    }

    std::size_t cost_of_lines() {
        return cost([&](memory_stream s) {
            halves.push_back(io::framed<io::line_codec>(std::move(s)));
            halves.back().in.async_wait([](error_code) {});
        });
    }

    std::list<memory_stream> peers;
    std::list<io::framed_ends<memory_stream, io::line_codec>> halves;
};

TEST_F(idle_test, a_connection_that_waits_for_its_next_line_is_small) {
    std::list<memory_stream> streams;
    const auto plain = cost([&, byte = char()](memory_stream s) mutable {
        streams.push_back(std::move(s));
        streams.back().async_read_some(asio::buffer(&byte, 1), [](error_code, std::size_t) {});
    });
    const auto lines = cost_of_lines();
    RecordProperty("bytes", static_cast<int>(lines - plain));
    EXPECT_LE(lines, plain + enough);
}

TEST_F(idle_test, what_a_line_was_written_from_does_not_stay) {
    cost_of_lines();
    const auto before = heap();
    std::string heard(6, '\0');
    auto peer = peers.begin();
    for (auto& h : halves) {
        EXPECT_TRUE(h.out.try_send("hello"));
        asio::async_read(*peer++, asio::buffer(heard), [](error_code, std::size_t) {});
        poll();
        EXPECT_EQ(std::exchange(heard, std::string(6, '\0')), "hello\n");
    }
    EXPECT_LE(heap() - before, halves.size() * 128); // the stream in memory keeps some itself
}

} // namespace
} // namespace streamx::testing
