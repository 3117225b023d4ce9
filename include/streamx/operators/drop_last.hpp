#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <deque>
#include <utility>

namespace streamx {

/// The stream that `drop_last` makes: upstream's items but for the last ones.
template <async_stream Up>
class [[nodiscard]] drop_last_stream : public stream_interface<drop_last_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    drop_last_stream(Up up, std::size_t count) : up_(std::move(up)), count_(count) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        for (unsigned left = detail::budget; left != 0; --left) {
            auto item = up_.try_next();
            if (!item)
                return item;
            held_.push_back(*std::move(item));
            if (held_.size() > count_) {
                item = std::move(held_.front());
                held_.pop_front();
                return item;
            }
        }
        return pending;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    std::size_t count_;
    std::deque<value_type> held_; // those that are the last if no more come
};

/// Drops the last `count` items: each is held back until `count` more have come.
/// @marble  `-1--2--3--4-|`  ->  `drop_last(2)`  ->  `-------1--2-|`
/// @errors  upstream's, unchanged; what is held back then is dropped
/// @cancels as upstream; what is held back stays for the next pull
/// @cost    at most `count` items buffered, and one more for a moment
/// @others  skipLast (Rx)
[[nodiscard]] inline auto drop_last(std::size_t count) {
    return adaptor(
        [count]<async_stream Up>(Up up) { return drop_last_stream<Up>(std::move(up), count); });
}

} // namespace streamx
