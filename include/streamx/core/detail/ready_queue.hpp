#pragma once

#include <streamx/core/asio.hpp>

#include <boost/system/system_error.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace streamx::detail {

/// Whose turn it is among `n` inputs: those that may have an item, in the order in which they came
/// to have one. Constant time an item. `arrive` may be called from any thread, the rest from one
/// strand.
class ready_queue {
public:
    /// All inputs are in it at first, in order.
    explicit ready_queue(std::size_t n) : ring_(n), size_(n) {
        for (std::size_t i = 0; i != n; ++i)
            ring_[i] = i;
        arrivals_.reserve(n);
        failures_.reserve(n);
    }

    /// The input whose turn it is. A failed wait that has arrived is thrown as a `system_error`, once:
    /// then `failed` says whose it was.
    std::optional<std::size_t> front() {
        if (arrived_.load(std::memory_order_acquire)) [[unlikely]]
            collect();
        if (size_ == 0)
            return std::nullopt;
        return ring_[first_];
    }

    std::optional<std::size_t> failed() noexcept { return std::exchange(failed_, std::nullopt); }

    /// The input that `front` gave last and that has not been popped.
    std::size_t current() const noexcept { return ring_[first_]; }

    void pop() noexcept {
        first_ = after(first_);
        --size_;
    }

    /// Whether `front` has something to say: an input, or a failure.
    bool any() const noexcept { return size_ != 0 || arrived_.load(std::memory_order_acquire); }

    /// Puts input `i`, which is not in it, at the back.
    void push(std::size_t i) noexcept {
        const auto at = first_ + size_++;
        ring_[at < ring_.size() ? at : at - ring_.size()] = i;
    }

    /// Sends the first input to the back.
    void rotate() noexcept {
        const auto i = ring_[first_];
        pop();
        push(i);
    }

    /// Input `i` may have an item again, or its wait has failed.
    void arrive(std::size_t i, error_code ec) {
        std::lock_guard lock(mutex_);
        if (ec)
            failures_.emplace_back(i, ec);
        else
            arrivals_.push_back(i);
        arrived_.store(true, std::memory_order_release);
    }

private:
    std::size_t after(std::size_t at) const noexcept { return at + 1 == ring_.size() ? 0 : at + 1; }

    void collect() {
        std::lock_guard lock(mutex_);
        for (auto i : arrivals_)
            push(i);
        arrivals_.clear();
        if (failures_.empty()) {
            arrived_.store(false, std::memory_order_relaxed);
            return;
        }
        const auto [i, ec] = failures_.back();
        failures_.pop_back();
        failed_ = i;
        throw boost::system::system_error(ec, "async_wait");
    }

    std::vector<std::size_t> ring_;
    std::size_t first_ = 0;
    std::size_t size_;

    std::atomic<bool> arrived_ = false;
    std::mutex mutex_;
    std::vector<std::size_t> arrivals_;
    std::vector<std::pair<std::size_t, error_code>> failures_;
    std::optional<std::size_t> failed_;
};

} // namespace streamx::detail
