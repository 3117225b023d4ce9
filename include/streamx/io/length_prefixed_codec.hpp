#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/detail/byte_item.hpp>
#include <streamx/io/endpoint_limits.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::io {

/// The form of a frame: `offset` bytes of something, the length, the payload.
struct length_prefix {
    /// In place of a width: the length is a LEB128 number, seven bits a byte, the lowest first, as in
    /// Protocol Buffers.
    static constexpr unsigned varint = 0;

    unsigned width = 4;                   ///< bytes of the length: 1 to 8, or `varint`
    std::endian order = std::endian::big; ///< of these bytes
    std::size_t offset = 0;               ///< bytes in front of the length
    /// What to add to the length to have the bytes behind it: `-4`, say, if the length counts its own
    /// four bytes.
    std::int64_t adjustment = 0;
    /// Whether an item is the whole frame, with what is in front of the payload (not with `varint`).
    /// Otherwise it is the payload, and what is in front of the length is written as zeros.
    bool keep_head = false;
};

namespace detail {

/// Where the payload of the frame at the front of some bytes begins, and how long it is.
struct frame_extent {
    std::size_t head;
    std::size_t payload;
};

/// The part of a `length_prefixed_codec` that is the same whatever its items.
class length_reader {
public:
    length_reader(length_prefix form, std::size_t limit);

    const length_prefix& form() const noexcept { return form_; }
    std::size_t limit() const noexcept { return limit_; }

    /// The extent of the frame that begins here, if its head is there. Throws
    /// `errc::frame_too_long`, `errc::malformed`.
    std::optional<frame_extent> read(std::string_view in) const {
        if (plain_) [[likely]] { // four bytes, big or little endian, nothing else
            if (in.size() < 4)
                return {};
            std::uint32_t length;
            std::memcpy(&length, in.data(), 4);
            if (form_.order != std::endian::native)
                length = __builtin_bswap32(length);
            if (length > limit_ - 4) [[unlikely]]
                too_long();
            return frame_extent{4, length};
        }
        return read_any(in);
    }

    /// Writes the head of a frame with so long a payload, and makes room for `more` bytes of that.
    char* write(std::size_t payload, std::size_t more, write_buffer& out) const {
        if (plain_) [[likely]] {
            if (payload > limit_ - 4) [[unlikely]]
                too_long();
            auto length = static_cast<std::uint32_t>(payload);
            if (form_.order != std::endian::native)
                length = __builtin_bswap32(length);
            char* to = out.extend(4 + more);
            std::memcpy(to, &length, 4);
            return to + 4;
        }
        write_any(payload, out);
        return more != 0 ? out.extend(more) : nullptr;
    }

    /// Checks a whole frame and writes it with its length put in.
    void write_whole(std::string_view frame, write_buffer& out) const;

private:
    [[noreturn]] static void too_long();
    std::optional<frame_extent> read_any(std::string_view in) const;
    void write_any(std::size_t payload, write_buffer& out) const;
    std::uint64_t length_for(std::size_t payload) const;
    void put(std::uint64_t length, char* to) const;

    length_prefix form_;
    std::size_t limit_;
    bool plain_;
};

} // namespace detail

/// Frames that begin with their length.
template <detail::byte_item Item = std::string>
class basic_length_prefixed_codec {
public:
    using value_type = Item;

    /// A frame is at most `limit` bytes long in all: `errc::frame_too_long`. A form that cannot be
    /// throws `std::invalid_argument`.
    explicit basic_length_prefixed_codec(
        length_prefix form = {}, std::size_t limit = endpoint_limits().frame)
        : head_(form, limit) {}

    std::size_t limit() const noexcept { return head_.limit(); }

    /// A length that is too large is found out before its payload is there. `errc::malformed`: a
    /// varint of more than 64 bits, or a length that is negative after the adjustment.
    template <class Maker = detail::copier>
    std::optional<Item> decode(std::string_view& in, Maker&& maker = {}) {
        const auto frame = head_.read(in);
        if (!frame || in.size() - frame->head < frame->payload)
            return {};
        const auto skip = head_.form().keep_head ? 0 : frame->head;
        const auto size = frame->head + frame->payload;
        auto item = maker.template make<Item>(in.substr(skip, size - skip));
        in.remove_prefix(size);
        return item;
    }

    /// `errc::unencodable`: the length does not fit its bytes, or a whole frame is shorter than its
    /// head.
    template <detail::byte_item T>
    void encode(T&& item, write_buffer& out) const {
        const auto bytes = detail::bytes_of(item);
        if (head_.form().keep_head)
            return head_.write_whole(bytes, out);
        if constexpr (std::same_as<T, std::string>) {
            if (bytes.size() >= write_buffer::large) {
                head_.write(bytes.size(), 0, out);
                return out.take(std::move(item));
            }
        }
        detail::copy_bytes(bytes, head_.write(bytes.size(), bytes.size(), out));
    }

private:
    detail::length_reader head_;
};

using length_prefixed_codec = basic_length_prefixed_codec<>;
using length_prefixed_view_codec = basic_length_prefixed_codec<std::string_view>;

} // namespace streamx::io
