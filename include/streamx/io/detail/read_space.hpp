#pragma once

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace streamx::io::detail {

/// The one buffer of a connection that is read: what has come and is not taken yet, in a row. It begins
/// small, grows while reads fill it, and beyond that only for an item that does not fit. While little
/// comes it gets small again.
class read_space {
public:
    std::string_view bytes() const noexcept {
        return {next_, static_cast<std::size_t>(last_ - next_)};
    }
    /// Only so many bytes at the end have not been taken.
    void left(std::size_t n) noexcept { next_ = last_ - n; }
    /// So many have come into what `prepare` gave.
    void came(std::size_t n) noexcept {
        last_ += n;
        filled_ = last_ == block_.get() + capacity_;
    }

    /// Room to read into. What `bytes()` gave before is not valid any more.
    boost::asio::mutable_buffer prepare();

private:
    void move_to(std::size_t capacity);

    std::unique_ptr<char[]> block_;
    std::size_t capacity_ = 0;
    const char* next_ = nullptr;
    char* last_ = nullptr;
    bool filled_ = false;
};

} // namespace streamx::io::detail
