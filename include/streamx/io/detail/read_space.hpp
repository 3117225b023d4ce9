#pragma once

#include <streamx/io/detail/byte_block.hpp>
#include <streamx/io/detail/byte_item.hpp>
#include <streamx/io/shared_bytes.hpp>

#include <boost/asio/buffer.hpp>

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace streamx::io::detail {

/// The one buffer of a connection that is read: what has come and is not taken yet, in a row. It begins
/// small, grows while reads fill it, and beyond that only for an item that does not fit. While little
/// comes it gets small again. Items may share it; then it is left to them where it would have to be
/// written over.
class read_space {
public:
    read_space() = default;
    read_space(const read_space&) = delete;
    read_space& operator=(const read_space&) = delete;
    ~read_space() { leave(); }

    std::string_view bytes() const noexcept {
        return {next_, static_cast<std::size_t>(last_ - next_)};
    }
    /// Only so many bytes at the end have not been taken.
    void left(std::size_t n) noexcept { next_ = last_ - n; }
    /// So many have come into what `prepare` gave.
    void came(std::size_t n) noexcept {
        last_ += n;
        filled_ = last_ == block_->bytes() + capacity_;
    }

    /// Room to read into. What `bytes()` gave before is not valid any more.
    boost::asio::mutable_buffer prepare();

    /// Makes an item of a part of `bytes()`.
    template <byte_item T>
    T make(std::string_view part) {
        if constexpr (std::same_as<T, shared_bytes>) {
            if (part.size() > shared_bytes::most_small)
                return shared_bytes(lend(), part);
            shared_bytes item;
            std::memcpy(item.small_, part.data(), sizeof item.small_); // the block has some slack
            item.size_ = part.size();
            return item;
        } else {
            return make_item<T>(part);
        }
    }

private:
    /// Counting users is slow, and so they are counted in advance.
    static constexpr std::size_t in_advance = 1 << 20;

    byte_block* lend() noexcept {
        if (spare_users_ == 0) [[unlikely]]
            block_->join(spare_users_ = in_advance);
        --spare_users_;
        return block_;
    }
    bool is_lent() const noexcept { return block_ && block_->users() != spare_users_ + 1; }
    void leave() noexcept {
        if (block_)
            block_->leave(spare_users_ + 1);
    }
    void move_to(std::size_t capacity);

    byte_block* block_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t spare_users_ = 0; // counted, and not given out yet
    const char* next_ = nullptr;
    char* last_ = nullptr;
    bool filled_ = false;
};

} // namespace streamx::io::detail
