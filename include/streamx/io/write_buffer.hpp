#pragma once

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::io {

/// Where a codec writes to: bytes in a row. Small pieces are copied into blocks of 64 KiB; a large
/// string can be handed over and is then only referred to.
class write_buffer {
public:
    /// Strings from this size on are not copied by `take`.
    static constexpr std::size_t large = 16 * 1024;

    write_buffer() = default;
    write_buffer(write_buffer&& other) noexcept { swap(other); }
    write_buffer& operator=(write_buffer&& other) noexcept {
        swap(other);
        return *this;
    }

    /// Appends a copy.
    void append(std::string_view bytes) {
        if (!bytes.empty())
            std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    }
    void append(const write_buffer& bytes);
    void push_back(char byte) { *extend(1) = byte; }

    /// Appends `bytes`, by reference if they are many.
    void take(std::string&& bytes);

    /// Appends `n` bytes in a row that are yours to fill in, before the next call.
    char* extend(std::size_t n) {
        if (static_cast<std::size_t>(limit_ - next_) < n) [[unlikely]]
            grow(n);
        return std::exchange(next_, next_ + n);
    }

    /// How many bytes it holds.
    std::size_t size() const noexcept { return sealed_ + static_cast<std::size_t>(next_ - open_); }
    bool empty() const noexcept { return size() == 0; }

    /// Forgets what was appended since it had this size.
    void cut_to(std::size_t size) noexcept;
    /// Forgets everything, and keeps blocks in reserve.
    void clear() noexcept;
    /// Gives the reserve back, but for one block.
    void shrink() noexcept;

    /// Appends to `out` at most `count` buffers, which together are at most `bytes` long, of what
    /// follows the first `from` bytes.
    void gather(
        std::size_t from,
        std::size_t bytes,
        std::size_t count,
        std::vector<boost::asio::const_buffer>& out) const;

    /// Everything in one piece: for tests and small messages.
    std::string to_string() const;

    void swap(write_buffer& other) noexcept;

private:
    struct block {
        std::unique_ptr<char[]> bytes;
        std::size_t capacity;
    };
    /// What nothing is appended to any more: a part of a block, or a string.
    struct piece {
        char* data;
        std::size_t size;
        std::size_t block; // its index, or `is_string`
    };
    static constexpr auto is_string = static_cast<std::size_t>(-1);

    void grow(std::size_t n);
    void seal();
    void open(std::size_t index) noexcept;

    std::vector<piece> pieces_;
    std::vector<std::string> strings_;
    std::size_t sealed_ = 0;    // bytes in pieces
    std::vector<block> blocks_; // those behind the current one are a reserve
    std::size_t current_ = 0;
    char* open_ = nullptr;  // of the current block what is before is in pieces,
    char* next_ = nullptr;  // what is before that is not yet,
    char* limit_ = nullptr; // and here it ends
};

} // namespace streamx::io
