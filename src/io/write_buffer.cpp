#include <streamx/io/write_buffer.hpp>

#include <algorithm>
#include <utility>

namespace streamx::io {
namespace {

constexpr std::size_t usual_capacity = 64 * 1024;
constexpr std::size_t first_capacity = 512;

} // namespace

void write_buffer::take(std::string&& bytes) {
    if (bytes.size() < large)
        return append(bytes);
    strings_.push_back({used_, std::move(bytes)});
    taken_ += strings_.back().bytes.size();
}

void write_buffer::grow(std::size_t n) {
    const auto capacity = std::max({used_ + n, capacity_ * 2, first_capacity});
    auto block = std::make_unique_for_overwrite<char[]>(capacity);
    if (used_ != 0)
        std::memcpy(block.get(), block_.get(), used_);
    block_ = std::move(block);
    capacity_ = capacity;
}

void write_buffer::rewind(const mark& to) noexcept {
    used_ = to.used;
    taken_ = to.taken;
    strings_.erase(strings_.begin() + static_cast<std::ptrdiff_t>(to.strings), strings_.end());
}

void write_buffer::clear() noexcept {
    rewind({0, 0, 0});
    if (capacity_ > usual_capacity) {
        block_.reset();
        capacity_ = 0;
    }
}

void write_buffer::gather(
    std::size_t from,
    std::size_t bytes,
    std::size_t count,
    std::vector<boost::asio::const_buffer>& out) const {
    const auto add = [&](const char* data, std::size_t size) {
        if (from >= size) {
            from -= size;
            return;
        }
        if (count == 0 || bytes == 0)
            return;
        const auto n = std::min(size - from, bytes);
        out.emplace_back(data + from, n);
        from = 0;
        bytes -= n;
        --count;
    };
    std::size_t at = 0;
    for (const auto& s : strings_) {
        add(block_.get() + at, s.after - at);
        at = s.after;
        add(s.bytes.data(), s.bytes.size());
        if (count == 0 || bytes == 0)
            return;
    }
    add(block_.get() + at, used_ - at);
}

std::string write_buffer::to_string() const {
    std::vector<boost::asio::const_buffer> all;
    gather(0, size(), strings_.size() * 2 + 1, all);
    std::string whole;
    for (const auto& b : all)
        whole.append(static_cast<const char*>(b.data()), b.size());
    return whole;
}

void write_buffer::swap(write_buffer& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(used_, other.used_);
    std::swap(capacity_, other.capacity_);
    std::swap(taken_, other.taken_);
    std::swap(strings_, other.strings_);
}

} // namespace streamx::io
