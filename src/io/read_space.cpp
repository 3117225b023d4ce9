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
    if (used == 0 && static_cast<std::size_t>(last_ - block_.get()) < capacity_ / 16)
        capacity = std::max(capacity / 4, first_capacity); // little comes, or nothing any more
    if (filled_ && capacity < usual_capacity)
        capacity *= 2;
    if (used > capacity / 2)
        capacity *= 2;
    if (capacity != capacity_) {
        move_to(capacity);
    } else if (
        used == 0 || static_cast<std::size_t>(block_.get() + capacity_ - last_) < capacity_ / 2) {
        if (used != 0)
            std::memmove(block_.get(), next_, used);
        next_ = block_.get();
        last_ = block_.get() + used;
    }
    filled_ = false;
    return {last_, static_cast<std::size_t>(block_.get() + capacity_ - last_)};
}

void read_space::move_to(std::size_t capacity) {
    const auto old = bytes();
    auto block = std::make_unique_for_overwrite<char[]>(capacity);
    if (!old.empty())
        std::memcpy(block.get(), old.data(), old.size());
    next_ = block.get();
    last_ = block.get() + old.size();
    block_ = std::move(block);
    capacity_ = capacity;
}

} // namespace streamx::io::detail
