#include <streamx/channels/detail/segments.hpp> // first, so this file also proves the header stands alone

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace streamx::testing {
namespace {

/// Writes and reads as a channel does.
template <class T>
struct fifo {
    detail::segments<T> places;
    std::size_t head = 0;
    std::size_t tail = 0;

    void write(T item) {
        std::construct_at(places.to_write(tail), std::move(item));
        ++tail;
    }
    T read() {
        T* place = places.to_read(head);
        T item = std::move(*place);
        std::destroy_at(place);
        ++head;
        return item;
    }
    ~fifo() {
        while (head != tail)
            read();
    }
};

TEST(segments_test, gives_back_what_was_written_over_many_boundaries) {
    for (std::size_t in_it : {1, 3, 4, 63, 64, 65, 200}) {
        SCOPED_TRACE(in_it);
        fifo<int> f;
        for (std::size_t n = 0; n < in_it; ++n)
            f.write(int(n));
        for (int n = 0; n < 1000; ++n) {
            ASSERT_EQ(f.read(), n);
            f.write(n + int(in_it));
        }
    }
}

TEST(segments_test, gives_back_what_was_written_in_waves_of_every_size) {
    fifo<std::string> f;
    int written = 0;
    int read = 0;
    for (int wave = 0; wave < 150; ++wave) {
        for (int n = 0; n < wave; ++n)
            f.write("a string that is on the heap: " + std::to_string(written++));
        for (int n = 0; n < wave; ++n)
            ASSERT_EQ(f.read(), "a string that is on the heap: " + std::to_string(read++));
    }
}

TEST(segments_test, a_steady_flow_uses_the_same_places_again) {
    fifo<int> f;
    std::set<const int*> places;
    for (int n = 0; n < 10'000; ++n) {
        f.write(n);
        places.insert(f.places.to_read(f.head));
        ASSERT_EQ(f.read(), n);
    }
    EXPECT_LE(places.size(), 3 * 64u);
}

TEST(segments_test, a_place_is_the_same_until_it_is_used) {
    fifo<int> f;
    for (int n = 0; n < 300; ++n) {
        int* place = f.places.to_write(f.tail);
        ASSERT_EQ(f.places.to_write(f.tail), place) << "a constructor that throws tries again";
        f.write(n);
    }
    for (int n = 0; n < 300; ++n) {
        int* place = f.places.to_read(f.head);
        ASSERT_EQ(f.places.to_read(f.head), place);
        ASSERT_EQ(f.read(), n);
    }
}

TEST(segments_test, places_up_to_the_end_it_names_follow_one_another) {
    fifo<int> f;
    for (int n = 0; n < 300; ++n) {
        const int* place = f.places.to_write(f.tail);
        const std::size_t end = f.places.write_end();
        ASSERT_GT(end, f.tail);
        f.write(n);
        ASSERT_TRUE(f.tail == end || f.places.to_write(f.tail) == place + 1);
    }
    for (int n = 0; n < 300; ++n) {
        const int* place = f.places.to_read(f.head);
        const std::size_t end = f.places.read_end();
        ASSERT_GT(end, f.head);
        f.read();
        ASSERT_TRUE(f.head == end || f.places.to_read(f.head) == place + 1);
    }
}

TEST(segments_test, keeps_large_and_strictly_aligned_items) {
    struct alignas(64) large {
        std::array<char, 5000> bytes{};
        int value = 0;
    };
    fifo<large> f;
    for (int n = 0; n < 20; ++n) {
        large item;
        item.value = n;
        f.write(item);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(f.places.to_read(f.head)) % 64, 0u);
    }
    for (int n = 0; n < 20; ++n)
        EXPECT_EQ(f.read().value, n);
}

TEST(segments_test, holds_nothing_and_frees_nothing_when_it_was_never_used) {
    detail::segments<std::unique_ptr<int>> s;
    EXPECT_EQ(s.write_end(), 0u);
    EXPECT_EQ(s.read_end(), 0u);
}

} // namespace
} // namespace streamx::testing
