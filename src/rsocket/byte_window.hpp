#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace streamx::rsocket {

/// How many items to ask the peer for, so that those which wait unread are within a bound in bytes. The
/// protocol counts items only, so each one that is on its way is reckoned as the largest that has come on
/// the stream, and the first ones as the largest that may come. One is asked for in any case when there
/// are none, neither unread nor on their way.
class byte_window {
public:
    byte_window(std::size_t bytes, std::uint32_t items, std::size_t largest) noexcept
        : bytes_(bytes), items_(items), largest_(std::max<std::size_t>(largest, 1)) {}

    /// So many are to be asked for first.
    std::uint32_t first() noexcept { return ask(); }

    void came(std::size_t size) noexcept {
        largest_ = std::max(any_ ? largest_ : 1, size);
        any_ = true;
        on_their_way_ -= on_their_way_ != 0; // a channel's first comes with the request
        ++unread_;
        unread_bytes_ += size;
    }
    /// So many are to be asked for now, half a window or none.
    std::uint32_t took(std::size_t size) noexcept {
        --unread_;
        unread_bytes_ -= size;
        return ask();
    }

private:
    std::uint32_t ask() noexcept {
        const auto free = bytes_ - std::min(bytes_, unread_bytes_);
        const auto room =
            std::min<std::size_t>(items_ - std::min(items_, unread_), free / largest_);
        auto n = room - std::min<std::size_t>(room, on_their_way_);
        if (unread_ == 0 && on_their_way_ == 0)
            n = std::max<std::size_t>(n, 1);
        else if (n < std::min<std::size_t>(items_, bytes_ / largest_) / 2)
            return 0;
        on_their_way_ += static_cast<std::uint32_t>(n);
        return static_cast<std::uint32_t>(n);
    }

    std::size_t bytes_;
    std::uint32_t items_;
    bool any_ = false;
    std::size_t largest_; // that has come
    std::uint32_t on_their_way_ = 0, unread_ = 0;
    std::size_t unread_bytes_ = 0;
};

} // namespace streamx::rsocket
