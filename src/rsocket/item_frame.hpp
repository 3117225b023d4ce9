#pragma once

#include "frame.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace streamx::rsocket {

/// The head of what most frames are: PAYLOAD with one whole item, without metadata, and not the last.
/// `encode` and `decode` do the same; this stands in the loops, where the compiler sees it.
class item_head {
public:
    static constexpr std::size_t overhead = rsocket::overhead(frame_type::payload, false);
    static constexpr std::size_t size = length_size + overhead;

    static item_head of(std::uint32_t stream, std::size_t data_size) noexcept {
        return {
            std::uint64_t(overhead + data_size) << 40 | std::uint64_t(stream) << 8 | word >> 8,
            next};
    }
    static item_head read(const char* at) noexcept {
        std::uint64_t bytes;
        std::memcpy(&bytes, at, sizeof bytes);
        return {__builtin_bswap64(bytes), at[sizeof bytes]};
    }
    void write(char* at) const noexcept {
        const auto bytes = __builtin_bswap64(first_);
        std::memcpy(at, &bytes, sizeof bytes);
        at[sizeof bytes] = last_;
    }

    bool is_item() const noexcept {
        return (first_ & 0xFF) == word >> 8 && last_ == next && frame_size() >= overhead;
    }
    std::size_t frame_size() const noexcept { return first_ >> 40; }
    std::size_t data_size() const noexcept { return frame_size() - overhead; }
    std::uint32_t stream() const noexcept {
        return static_cast<std::uint32_t>(first_ >> 8) & max_31;
    }
    /// Whether the frames differ in their length alone.
    bool is_like(item_head other) const noexcept {
        return (first_ ^ other.first_) << 24 == 0 && last_ == other.last_;
    }

private:
    item_head(std::uint64_t first, char last) noexcept : first_(first), last_(last) {}

    static constexpr std::uint64_t word =
        static_cast<unsigned>(frame_type::payload) << 10 | flags::next;
    static constexpr char next = static_cast<char>(word & 0xFF);

    std::uint64_t first_; // the length in 24 bits, the stream in 32, 8 of type and flags
    char last_;
};

inline void encode_item(std::uint32_t stream, std::string_view data, out_bytes& out) {
    char* to = out.extend(item_head::size + data.size());
    item_head::of(stream, data.size()).write(to);
    if (!data.empty())
        std::memcpy(to + item_head::size, data.data(), data.size());
}

/// Frames of items of one stream, one behind the other, each behind its length.
struct item_run {
    /// Up to so many bytes of data an item may be one of several; a larger one is alone.
    static constexpr std::size_t small = 1024;

    /// What there is of it at the front of these bytes: at most so many items, none of them larger than
    /// `largest`.
    static item_run in(std::string_view bytes, std::uint64_t most, std::size_t largest) noexcept {
        item_run run;
        if (bytes.size() < item_head::size)
            return run;
        const auto first = item_head::read(bytes.data());
        if (!first.is_item())
            return run;
        const bool alone = first.data_size() > small;
        most = std::min<std::uint64_t>(most, alone ? 1 : max_31);
        if (!alone)
            largest = std::min(largest, small);
        std::size_t end = 0;
        while (run.count != most && bytes.size() - end >= item_head::size) {
            const auto head = item_head::read(bytes.data() + end);
            // Of a frame that is shorter than a head it is more than `largest`.
            const auto size = head.data_size();
            if (!head.is_like(first) || size > largest ||
                bytes.size() - end - item_head::size < size)
                break;
            end += item_head::size + size;
            ++run.count;
        }
        run.frames = bytes.substr(0, end);
        return run;
    }

    /// Of the frames, without their lengths.
    std::size_t bytes() const noexcept { return frames.size() - count * length_size; }

    template <class Fn>
    void each(Fn fn) const {
        for (auto left = frames; !left.empty();) {
            const auto size = item_head::read(left.data()).data_size();
            fn(left.substr(item_head::size, size));
            left.remove_prefix(item_head::size + size);
        }
    }

    std::string_view frames;
    std::uint32_t count = 0;
};

} // namespace streamx::rsocket
