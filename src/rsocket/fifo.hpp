#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace streamx::rsocket {

/// A queue that needs no memory while it has never held anything: most of the queues of most connections.
/// (A `std::deque` begins with 576 bytes.)
template <class T>
class fifo {
public:
    bool empty() const noexcept { return first_ == items_.size(); }

    void push(T item) {
        if (first_ > items_.size() / 2) { // each item is moved once at most, on average
            items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
        items_.push_back(std::move(item));
    }
    /// Precondition: there is one.
    T pop() {
        T item = std::move(items_[first_++]);
        if (empty())
            clear();
        return item;
    }
    void clear() noexcept {
        items_.clear();
        first_ = 0;
    }

private:
    std::vector<T> items_;
    std::size_t first_ = 0; // those before it have been taken
};

} // namespace streamx::rsocket
