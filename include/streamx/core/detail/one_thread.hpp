#pragma once

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

#include <atomic>
#include <cstdint>
#include <utility>

namespace streamx::detail {

/// Whether there is no thread but this one: then nothing has to be atomic, which is most of what a
/// lock costs that nobody else wants. False where that cannot be told.
inline bool one_thread() noexcept {
#if __has_include(<sys/single_threaded.h>)
    return __libc_single_threaded != 0;
#else
    return false;
#endif
}

/// A mutex of four bytes, which costs a few instructions in place while there is only one thread. As
/// with any, who waits for long sleeps.
class light_mutex {
public:
    light_mutex() = default;
    light_mutex(const light_mutex&) = delete;
    light_mutex& operator=(const light_mutex&) = delete;

    [[gnu::always_inline]] void lock() noexcept {
        if (!try_lock()) [[unlikely]]
            wait();
    }

    [[gnu::always_inline]] bool try_lock() noexcept {
        auto expected = open;
        if (!one_thread())
            return state_.compare_exchange_strong(
                expected, locked, std::memory_order_acquire, std::memory_order_relaxed);
        if (state_.load(std::memory_order_relaxed) != open)
            return false;
        state_.store(locked, std::memory_order_relaxed);
        return true;
    }

    [[gnu::always_inline]] void unlock() noexcept {
        if (one_thread())
            state_.store(open, std::memory_order_relaxed);
        else if (state_.exchange(open, std::memory_order_release) == wanted) [[unlikely]]
            wake();
    }

    /// Holds it. What has been moved from does not any more.
    class held {
    public:
        [[gnu::always_inline]] explicit held(light_mutex& mutex) noexcept : mutex_(&mutex) {
            mutex.lock();
        }
        [[gnu::always_inline]] held(held&& other) noexcept
            : mutex_(std::exchange(other.mutex_, nullptr)) {}
        held& operator=(held&&) = delete;
        [[gnu::always_inline]] ~held() { let_go(); }

        [[gnu::always_inline]] void let_go() noexcept {
            if (auto* mutex = std::exchange(mutex_, nullptr))
                mutex->unlock();
        }

    private:
        light_mutex* mutex_;
    };

private:
    static constexpr int open = 0;
    static constexpr int locked = 1;
    static constexpr int wanted = 2; ///< locked, and somebody may sleep

    [[gnu::noinline]] void wake() noexcept { state_.notify_one(); }
    [[gnu::noinline]] void wait() noexcept {
        while (state_.exchange(wanted, std::memory_order_acquire) != open)
            state_.wait(wanted, std::memory_order_relaxed);
    }

    std::atomic<int> state_ = open;
};

/// How many hold something that threads share.
class shared_count {
public:
    [[gnu::always_inline]] void add() noexcept {
        if (one_thread())
            count_.store(get() + 1, std::memory_order_relaxed);
        else
            count_.fetch_add(1, std::memory_order_relaxed);
    }

    /// True if that was the last.
    [[gnu::always_inline]] bool drop() noexcept {
        if (!one_thread())
            return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
        count_.store(get() - 1, std::memory_order_relaxed);
        return get() == 0;
    }

    /// Whether there is just one: what others did who held it has happened before.
    bool is_one() const noexcept { return count_.load(std::memory_order_acquire) == 1; }

private:
    std::uint32_t get() const noexcept { return count_.load(std::memory_order_relaxed); }

    std::atomic<std::uint32_t> count_ = 0;
};

} // namespace streamx::detail
