#pragma once

#include <streamx/io/detail/byte_block.hpp>

#include <compare>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace streamx::io {

namespace detail {
class read_space;
}

/// Some bytes that never change, owned together with others: an item of a connection without a copy
/// (`lines<shared_bytes>(socket)`). Copies share the bytes; up to 16 are in the object itself.
///
/// One that is kept keeps all that came in the same read (64 KiB at most, or its own frame): make a
/// `std::string` of what is to stay for long. Objects are as safe between threads as `std::shared_ptr`s.
class shared_bytes {
public:
    using value_type = char;
    using const_iterator = const char*;
    using iterator = const_iterator;

    shared_bytes() noexcept : small_{} {}
    /// A copy of these.
    explicit shared_bytes(std::string_view bytes) : shared_bytes(bytes.data(), bytes.size()) {}
    shared_bytes(const char* data, std::size_t size) : size_(size) {
        if (size > sizeof small_) {
            block_ = detail::byte_block::make(size);
            data_ = block_->bytes();
            std::memcpy(block_->bytes(), data, size);
        } else if (size != 0) {
            std::memcpy(small_, data, size);
        }
    }

    shared_bytes(const shared_bytes& other) noexcept : block_(other.block_), size_(other.size_) {
        take(other);
        if (block_)
            block_->join();
    }
    shared_bytes(shared_bytes&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)), size_(std::exchange(other.size_, 0)) {
        take(other);
    }
    shared_bytes& operator=(shared_bytes other) noexcept {
        std::swap(block_, other.block_);
        size_ = other.size_;
        take(other);
        return *this;
    }
    ~shared_bytes() {
        if (block_)
            block_->leave();
    }

    const char* data() const noexcept { return block_ ? data_ : small_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    const char* begin() const noexcept { return data(); }
    const char* end() const noexcept { return data() + size_; }
    std::string_view view() const noexcept { return {data(), size_}; }
    operator std::string_view() const noexcept { return view(); }

    friend bool operator==(const shared_bytes& a, std::string_view b) noexcept {
        return a.view() == b;
    }
    friend bool operator==(const shared_bytes& a, const shared_bytes& b) noexcept {
        return a.view() == b.view();
    }

private:
    friend class detail::read_space;

    static constexpr std::size_t most_small = 16;

    /// A part of a block that has counted it as a user already.
    shared_bytes(detail::byte_block* block, std::string_view part) noexcept
        : block_(block), size_(part.size()), data_(part.data()) {}
    void take(const shared_bytes& other) noexcept {
        std::memcpy(small_, other.small_, sizeof small_);
    }

    detail::byte_block* block_ = nullptr; // null: the bytes are here
    std::size_t size_ = 0;
    union {
        const char* data_;
        char small_[most_small];
    };
};

} // namespace streamx::io
