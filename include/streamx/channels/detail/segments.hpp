#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace streamx::detail {

/// Where a channel's items are: a chain of segments that grows with what is in it and recycles what
/// was read, so that a steady flow allocates nothing and an idle channel holds nothing.
///
/// Items have positions 0, 1, 2, ... and are constructed and destroyed by the channel; this gives
/// their places. Its functions are called under the channel's lock. A place stays where it is until
/// its segment has been read to its end and the next one was turned to.
template <class T>
class segments {
    static constexpr std::size_t slots =
        std::clamp<std::size_t>(std::bit_floor(1024 / sizeof(T)), 4, 64);

    struct segment {
        segment* next = nullptr;
        alignas(T) std::byte bytes[slots * sizeof(T)];

        T* at(std::size_t offset) noexcept { return reinterpret_cast<T*>(bytes) + offset; }
    };

    /// A segment and the positions that it has: from `begin` to `end()`.
    struct window {
        segment* at = nullptr;
        std::size_t begin = 0 - slots;

        std::size_t end() const noexcept { return begin + slots; }
        T* place(std::size_t position) const noexcept { return at->at(position - begin); }
        void move_to(segment* next) noexcept {
            at = next;
            begin += slots;
        }
    };

public:
    segments() = default;
    segments(const segments&) = delete;
    segments& operator=(const segments&) = delete;

    /// Precondition: all items have been destroyed.
    ~segments() {
        free(spare_);
        free(reading_.at);
    }

    /// The place for the item at `position`, the next to be written.
    T* to_write(std::size_t position) {
        if (position == writing_.end()) {
            segment* s = spare_ ? pop(spare_) : new segment;
            s->next = nullptr;
            if (writing_.at)
                writing_.at->next = s;
            else
                reading_.move_to(s);
            writing_.move_to(s);
        }
        return writing_.place(position);
    }

    /// The place of the item at `position`, the next to be read, which has been written.
    T* to_read(std::size_t position) noexcept {
        if (position == reading_.end()) {
            segment* done = reading_.at;
            reading_.move_to(done->next);
            push(spare_, done);
        }
        return std::launder(reading_.place(position));
    }

    /// Where the segment ends that was last written to; places up to there follow one another.
    std::size_t write_end() const noexcept { return writing_.end(); }
    /// The same of the segment that was last read from.
    std::size_t read_end() const noexcept { return reading_.end(); }

private:
    static segment* pop(segment*& list) noexcept { return std::exchange(list, list->next); }
    static void push(segment*& list, segment* s) noexcept {
        s->next = list;
        list = s;
    }
    static void free(segment* list) noexcept {
        while (list)
            delete pop(list);
    }

    segment* spare_ = nullptr;
    window writing_;
    window reading_;
};

} // namespace streamx::detail
