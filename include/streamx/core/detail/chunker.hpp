#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/wait_unless.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

namespace streamx::detail {

/// What the operators that gather items into vectors share: the vector being filled, and a failure
/// that waits behind the items which came before it.
template <class Up>
class chunker {
public:
    using item = item_t<Up>;
    using chunk = std::vector<item>;

    chunker(Up up, std::size_t size) : up_(std::move(up)), size_(size) {}

    /// Pulls until the chunk is full (then true) or upstream gives no item; `reason` says which.
    bool fill(poll<item>& reason) {
        if (ended_) {
            reason = end;
            return false;
        }
        try {
            while (!failure_) {
                reason = up_.try_next();
                if (!reason) {
                    ended_ = reason.is_end();
                    return false;
                }
                if (filling_.empty())
                    filling_.reserve(std::min<std::size_t>(size_, 64));
                filling_.push_back(*std::move(reason));
                if (filling_.size() == size_)
                    return true;
            }
        } catch (...) {
            failure_ = std::current_exception();
        }
        if (filling_.empty())
            std::rethrow_exception(std::exchange(failure_, nullptr));
        return true;
    }

    bool empty() const noexcept { return filling_.empty(); }
    chunk take() noexcept { return std::exchange(filling_, {}); }
    const Up& upstream() const noexcept { return up_; }

    /// Waits for upstream, unless that is over and the end or its failure is yet to be told.
    template <class Token>
    auto async_wait(Token&& token) {
        return async_wait_unless(
            [this] { return ended_ || failure_; }, up_, std::forward<Token>(token));
    }

private:
    Up up_;
    std::size_t size_;
    chunk filling_;
    std::exception_ptr failure_;
    bool ended_ = false; // a last chunk may come before the end does
};

inline std::size_t checked_size(std::size_t size, const char* message) {
    if (size == 0)
        throw std::invalid_argument(message);
    return size;
}

} // namespace streamx::detail
