#pragma once

#include "fifo.hpp"

#include <streamx/rsocket/payload.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::rsocket {

/// Items in their order. The small ones lie one behind the other in one piece of memory, each behind its
/// size, and become a `payload` when they are taken: so that it gets the memory that the one before has
/// just given back.
class item_queue {
public:
    bool empty() const noexcept { return first_ == last_; }

    void push(std::string_view data) {
        if (data.size() > small)
            return push(payload(std::string(data)));
        append(static_cast<std::uint32_t>(data.size()), data);
    }
    void push(payload&& item) {
        large_.push(std::move(item));
        append(is_large, {});
    }

    /// Precondition: there is one.
    payload pop() {
        std::uint32_t size;
        std::memcpy(&size, bytes_.get() + first_, sizeof size);
        const char* data = bytes_.get() + first_ + sizeof size;
        const bool large = size == is_large;
        first_ += sizeof size + (large ? 0 : size);
        if (empty()) // what comes next finds the same memory, which is still in the cache
            first_ = last_ = 0;
        if (large)
            return large_.pop();
        return payload(std::string(data, size));
    }

    void clear() noexcept {
        first_ = last_ = 0;
        large_.clear();
    }

private:
    static constexpr std::size_t small = 1024;
    static constexpr std::uint32_t is_large = 0xFFFF'FFFF; // it is the first in `large_`

    void append(std::uint32_t size, std::string_view data) {
        const auto needed = sizeof size + data.size();
        if (last_ + needed > capacity_)
            make_room(needed);
        std::memcpy(bytes_.get() + last_, &size, sizeof size);
        if (!data.empty())
            std::memcpy(bytes_.get() + last_ + sizeof size, data.data(), data.size());
        last_ += needed;
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

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t first_ = 0, last_ = 0; // what is there, in `bytes_`
    fifo<payload> large_;
};

} // namespace streamx::rsocket
