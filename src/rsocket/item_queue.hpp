#pragma once

#include "fifo.hpp"
#include "item_frame.hpp"

#include <streamx/core/poll.hpp>
#include <streamx/rsocket/payload.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace streamx::rsocket {

/// Items in their order. The small ones lie one behind the other in one piece of memory, as the frames that
/// they came in, and become a `payload` when they are taken: so that it gets the memory that the one
/// before has just given back.
class item_queue {
public:
    bool empty() const noexcept { return first_ == last_; }

    void push(const item_run& items) {
        const auto one = items.frames.substr(item_head::size);
        if (items.count == 1 && one.size() > item_run::small)
            return push(payload(one));
        append(items.frames);
    }
    void push(payload&& item) {
        others_.push(std::move(item));
        append({other, sizeof other});
    }

    /// Precondition: there is one.
    poll<payload> pop() {
        const char* at = bytes_.get() + first_;
        const auto size = item_head::read(at).frame_size();
        first_ += length_size + size;
        if (empty()) [[unlikely]]
            return pop_last(at, size);
        return item(at, size);
    }

    void clear() noexcept {
        first_ = last_ = 0;
        others_.clear();
    }

private:
    /// Most of the memory goes: what comes next, for this queue or another, finds what is still in the cache.
    [[gnu::noinline]] poll<payload> pop_last(const char* at, std::size_t size) {
        auto last = item(at, size);
        first_ = last_ = 0;
        if (capacity_ > kept) {
            bytes_.reset();
            capacity_ = 0;
        }
        return last;
    }
    poll<payload> item(const char* at, std::size_t size) {
        if (size == 0) [[unlikely]]
            return pop_other();
        return std::string_view(at + item_head::size, size - item_head::overhead);
    }
    [[gnu::noinline]] poll<payload> pop_other() { return others_.pop(); }

    static constexpr std::size_t kept = 256;
    /// In the place of one that is in `others_`: no item's frame is so short.
    static constexpr char other[length_size] = {};

    void append(std::string_view frames) {
        if (capacity_ < last_ + frames.size() + slack)
            make_room(frames.size() + slack);
        std::memcpy(bytes_.get() + last_, frames.data(), frames.size());
        last_ += frames.size();
    }

    /// Moves what is there to the front, in a larger piece of memory if it fills more than half of this.
    void make_room(std::size_t needed) {
        const auto used = last_ - first_;
        auto old = std::exchange(bytes_, nullptr);
        if (2 * (used + needed) > capacity_)
            capacity_ = 2 * (used + needed);
        bytes_ = std::make_unique_for_overwrite<char[]>(capacity_);
        if (used != 0)
            std::memcpy(bytes_.get(), old.get() + first_, used);
        first_ = 0;
        last_ = used;
    }

    static constexpr std::size_t slack = item_head::size; // a head is read as a whole

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t first_ = 0, last_ = 0; // what is there, in `bytes_`
    fifo<payload> others_;
};

} // namespace streamx::rsocket
