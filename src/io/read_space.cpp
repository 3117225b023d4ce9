#include <streamx/io/detail/read_space.hpp>

#include <algorithm>
#include <cstring>

namespace streamx::io::detail {
namespace {

constexpr std::size_t first_capacity = 1024;      // of a connection that says little
constexpr std::size_t usual_capacity = 64 * 1024; // as much as one read of a socket is worth

} // namespace

boost::asio::mutable_buffer read_space::prepare() {
    const auto used = bytes().size();
    auto capacity = std::max(capacity_, first_capacity);
    if (used == 0)
        capacity = std::min(capacity, usual_capacity); // an item that was larger is gone
    if (used == 0 && block_ && static_cast<std::size_t>(last_ - block_->bytes()) < capacity_ / 16)
        capacity = std::max(capacity / 4, first_capacity); // little comes, or nothing any more
    if (filled_ && capacity < usual_capacity)
        capacity *= 2;
    if (used > capacity / 2)
        capacity *= 2;
    const auto room = [this] {
        return static_cast<std::size_t>(block_->bytes() + capacity_ - last_);
    };
    if (capacity != capacity_ || (room() < capacity / 2 && is_lent())) {
        move_to(capacity);
    } else if (room() < capacity / 2 || (used == 0 && !is_lent())) {
        if (used != 0)
            std::memmove(block_->bytes(), next_, used);
        next_ = block_->bytes();
        last_ = block_->bytes() + used;
    }
    filled_ = false;
    return {last_, room()};
}

void read_space::move_to(std::size_t capacity) {
    const auto old = bytes();
    auto* block = byte_block::make(capacity);
    if (!old.empty())
        std::memcpy(block->bytes(), old.data(), old.size());
    leave();
    block_ = block;
    capacity_ = capacity;
    spare_users_ = 0;
    next_ = block->bytes();
    last_ = block->bytes() + old.size();
}

} // namespace streamx::io::detail
