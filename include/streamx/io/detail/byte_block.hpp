#pragma once

#include <atomic>
#include <cstddef>
#include <new>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace streamx::io::detail {

/// Memory that a connection reads into, and how many refer to it. Made by one who does.
class byte_block {
public:
    /// So many bytes behind the capacity may be read, whatever they are: a few bytes are then copied as
    /// fast as can be, as always the same number.
    static constexpr std::size_t slack = 16;

    static byte_block* make(std::size_t capacity) {
        return new (::operator new(sizeof(byte_block) + capacity + slack)) byte_block;
    }
    char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }

    void join(std::size_t users = 1) noexcept {
        users_.fetch_add(users, std::memory_order_relaxed);
    }
    void leave(std::size_t users = 1) noexcept {
        if (take_off(users) == users) {
            this->~byte_block();
            ::operator delete(this);
        }
    }
    std::size_t users() const noexcept { return users_.load(std::memory_order_acquire); }

private:
    byte_block() = default;
    ~byte_block() = default;

    /// What the number was before. As with `std::shared_ptr`, one thread alone needs no atomic operation.
    std::size_t take_off(std::size_t users) noexcept {
#if __has_include(<sys/single_threaded.h>)
        if (__libc_single_threaded) {
            const auto before = users_.load(std::memory_order_relaxed);
            users_.store(before - users, std::memory_order_relaxed);
            return before;
        }
#endif
        return users_.fetch_sub(users, std::memory_order_acq_rel);
    }

    std::atomic<std::size_t> users_ = 1;
};

} // namespace streamx::io::detail
