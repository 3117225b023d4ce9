#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace streamx::detail {

/// What has come about, told from any thread to the one strand that looks, in that order.
template <class T>
class arrivals {
public:
    /// Makes room for so many at once, so that `put` allocates nothing.
    void reserve(std::size_t n) {
        std::lock_guard lock(mutex_);
        arrived_.reserve(n);
        taken_.reserve(n);
    }

    void put(T what) {
        std::lock_guard lock(mutex_);
        arrived_.push_back(std::move(what));
        any_.store(true, std::memory_order_release);
    }

    bool any() const noexcept { return any_.load(std::memory_order_acquire); }

    /// Calls `f` with each that was put, with no lock held.
    template <class F>
    void collect(F&& f) {
        if (!any()) [[likely]]
            return;
        {
            std::lock_guard lock(mutex_);
            any_.store(false, std::memory_order_relaxed);
            taken_.swap(arrived_);
        }
        for (auto& what : taken_)
            f(std::move(what));
        taken_.clear();
    }

private:
    std::atomic<bool> any_ = false;
    std::mutex mutex_;
    std::vector<T> arrived_;
    std::vector<T> taken_;
};

} // namespace streamx::detail
