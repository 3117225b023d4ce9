#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/wait_unless.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace streamx::detail {

/// What the operators that gather items into vectors share: the vector being filled, and a failure
/// that waits behind the items which came before it. Carriers are joined to one of a vector.
template <class Up>
class chunker {
    struct always {
        template <class T>
        constexpr bool operator()(const T&, const T&) const noexcept {
            return true;
        }
    };

public:
    using item = item_t<Up>;
    using chunk = gathered_t<item>;

    chunker(Up up, std::size_t size) : up_(std::move(up)), size_(size) {}

    /// Pulls until the chunk is complete (then true) or upstream gives no item; `reason` says which.
    /// It is complete with `size` items, or at one that does not belong to the last in it:
    /// `together(last, item)`; that one begins the next chunk.
    template <class Together = always>
    bool fill(poll<item>& reason, Together&& together = {}) {
        if (next_)
            if (append(*std::exchange(next_, std::nullopt)))
                return true;
        if (ended_) {
            reason = end;
            return false;
        }
        bool complete = false;
        try {
            if (!failure_) {
                const auto why = each_ready(up_, [&](item&& i) __attribute__((always_inline)) {
                    if (filling_.empty() || std::invoke(
                                                together,
                                                value_in(std::as_const(filling_.back())),
                                                value_in(std::as_const(i))))
                        complete = append(std::move(i));
                    else {
                        next_.emplace(std::move(i));
                        complete = true;
                    }
                    return !complete;
                });
                ended_ = why == halt::end;
                reason = ended_ ? poll<item>(end) : pending;
                return complete;
            }
        } catch (...) {
            failure_ = std::current_exception();
        }
        if (filling_.empty())
            std::rethrow_exception(std::exchange(failure_, nullptr));
        return true;
    }

    bool empty() const noexcept { return filling_.empty(); }
    chunk take() noexcept(!carrier<item>) { return gather(std::exchange(filling_, {})); }
    const Up& upstream() const noexcept { return up_; }

    /// Waits for upstream, unless that is over and the end or its failure is yet to be told.
    template <class Token>
    auto async_wait(Token&& token) {
        return async_wait_unless(
            [this] { return ended_ || failure_; }, up_, std::forward<Token>(token));
    }

private:
    /// Whether the chunk is full by that.
    bool append(item&& i) {
        if (filling_.empty())
            filling_.reserve(std::min<std::size_t>(size_, 64));
        filling_.push_back(std::move(i));
        return filling_.size() == size_;
    }

    Up up_;
    std::size_t size_;
    std::vector<item> filling_;
    std::optional<item> next_; // the first of the next chunk
    std::exception_ptr failure_;
    bool ended_ = false; // a last chunk may come before the end does
};

} // namespace streamx::detail
