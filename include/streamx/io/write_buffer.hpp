#pragma once

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace streamx::io {

/// Where a codec writes to: bytes in a row. Small pieces are copied into one block; a large string
/// can be handed over and is then only referred to.
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
    void push_back(char byte) { *extend(1) = byte; }

    /// Appends `bytes`, by reference if they are many.
    void take(std::string&& bytes);

    /// Appends `n` bytes that are yours to fill in, before the next call.
    char* extend(std::size_t n) {
        if (capacity_ - used_ < n) [[unlikely]]
            grow(n);
        char* at = block_.get() + used_;
        used_ += n;
        return at;
    }

    /// How many bytes it holds.
    std::size_t size() const noexcept { return used_ + taken_; }
    bool empty() const noexcept { return size() == 0; }

    /// How much of it there is at this moment, to come back to.
    struct mark {
        std::size_t used, taken, strings;
    };
    mark position() const noexcept { return {used_, taken_, strings_.size()}; }
    /// Forgets what was appended since.
    void rewind(const mark& to) noexcept;

    /// Forgets everything. A block that is larger than usual is given back.
    void clear() noexcept;

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
    struct piece {
        std::size_t after; // it comes behind so many bytes of the block
        std::string bytes;
    };

    void grow(std::size_t n);

    std::unique_ptr<char[]> block_;
    std::size_t used_ = 0;
    std::size_t capacity_ = 0;
    std::size_t taken_ = 0; // bytes in `strings_`
    std::vector<piece> strings_;
};

} // namespace streamx::io
