#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace streamx::rsocket {

/// Encoded frames on their way out. As a `std::string`, but one that can be written into: what is
/// appended to that goes through two calls for each piece, and a frame has two.
class out_bytes {
public:
    out_bytes() = default;
    out_bytes(out_bytes&& other) noexcept { swap(other); }
    out_bytes& operator=(out_bytes&& other) noexcept {
        out_bytes(std::move(other)).swap(*this);
        return *this;
    }

    operator std::string_view() const noexcept { return {bytes_.get(), size_}; }
    const char* data() const noexcept { return bytes_.get(); }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    char& operator[](std::size_t i) noexcept { return bytes_[i]; }

    /// Appends `n` bytes that are yours to fill in.
    char* extend(std::size_t n) {
        if (capacity_ - size_ < n) [[unlikely]]
            grow(n);
        return bytes_.get() + std::exchange(size_, size_ + n);
    }
    void append(const char* bytes, std::size_t n) {
        if (n != 0)
            std::memcpy(extend(n), bytes, n);
    }
    void append(std::string_view bytes) { append(bytes.data(), bytes.size()); }

    /// Forgets what is behind `size`. Precondition: it has so many.
    void resize(std::size_t size) noexcept { size_ = size; }
    void clear() noexcept { size_ = 0; }

    void swap(out_bytes& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

private:
    void grow(std::size_t n) {
        const auto capacity = std::max(size_ + n, 2 * capacity_);
        auto larger = std::make_unique_for_overwrite<char[]>(capacity);
        if (size_ != 0)
            std::memcpy(larger.get(), bytes_.get(), size_);
        bytes_ = std::move(larger);
        capacity_ = capacity;
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0, capacity_ = 0;
};

} // namespace streamx::rsocket
