#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace streamx::detail {

/// Where a channel's items are: a chain of segments that grows with what is in it and recycles what
/// was read, so that a steady flow allocates nothing and an idle channel holds nothing.
///
/// Items have positions 0, 1, 2, ... `write` and `recycle` are called under the channel's lock.
/// `read` is called by one reader at a time, without the lock, and only for positions that were
/// published.
template <class T>
class segments {
    static constexpr std::size_t slots =
        std::clamp<std::size_t>(std::bit_floor(1024 / sizeof(T)), 4, 64);

    struct segment {
        segment* next = nullptr;
        alignas(T) std::byte bytes[slots * sizeof(T)];

        T* at(std::size_t position) noexcept {
            return std::launder(reinterpret_cast<T*>(bytes)) + position % slots;
        }
    };

public:
    segments() = default;
    segments(const segments&) = delete;
    segments& operator=(const segments&) = delete;

    /// Precondition: every item that was written has been read.
    ~segments() {
        free(spare_);
        free(retired_);
        free(reading_ ? reading_ : first_);
    }

    void write(std::size_t position, T&& item) {
        if (position % slots == 0 && (!writing_ || writing_used_)) [[unlikely]]
            grow();
        std::construct_at(writing_->at(position), std::move(item));
        writing_used_ = true;
    }

    /// Calls `take(T&&)` with the item at a position, then destroys it.
    template <class Take>
    auto read(std::size_t position, Take take) {
        if (position % slots == 0 && !turned_) [[unlikely]]
            turn();
        T* item = reading_->at(position);
        auto result = take(std::move(*item));
        std::destroy_at(item);
        turned_ = false;
        return result;
    }

    /// Gives the segments that were read back to the writer.
    void recycle() noexcept {
        while (retired_)
            push(spare_, pop(retired_));
    }

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

    void grow() {
        segment* s = spare_ ? pop(spare_) : new segment;
        s->next = nullptr;
        (writing_ ? writing_->next : first_) = s;
        writing_ = s;
        writing_used_ = false;
    }

    void turn() noexcept {
        segment* done = std::exchange(reading_, reading_ ? reading_->next : first_);
        if (done)
            push(retired_, done);
        turned_ = true;
    }

    // the writer's
    segment* first_ = nullptr;
    segment* writing_ = nullptr;
    segment* spare_ = nullptr;
    bool writing_used_ = false; // false: the write that this segment was made for has thrown
    // the reader's
    bool turned_ = false; // true: the read that this segment was turned to for has thrown
    segment* reading_ = nullptr;
    segment* retired_ = nullptr;
};

} // namespace streamx::detail
