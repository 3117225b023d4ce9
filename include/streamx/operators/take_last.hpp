#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/wait_unless.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <deque>
#include <utility>

namespace streamx {

/// The stream that `take_last` makes: upstream's last items.
template <async_stream Up>
class [[nodiscard]] take_last_stream : public stream_interface<take_last_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    take_last_stream(Up up, std::size_t count) : up_(std::move(up)), count_(count) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        for (unsigned left = detail::budget; !ended_; --left) {
            if (left == 0) [[unlikely]]
                return pending;
            auto item = up_.try_next();
            if (item.is_pending())
                return pending;
            if (item)
                keep(*std::move(item));
            else
                ended_ = true;
        }
        if (last_.empty())
            return end;
        poll<value_type> item(std::move(last_.front()));
        last_.pop_front();
        return item;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_wait_unless(
            [this] { return ended_; }, up_, std::forward<Token>(token));
    }

private:
    void keep(value_type item) {
        last_.push_back(std::move(item));
        if (last_.size() > count_)
            last_.pop_front();
    }

    Up up_;
    std::size_t count_;
    std::deque<value_type> last_;
    bool ended_ = false; // then what was kept is given
};

/// Passes on the last `count` items, when upstream has ended; all if there are fewer.
/// @marble  `-1--2--3--4-|`  ->  `take_last(2)`  ->  `------------(34|)`
/// @errors  upstream's, unchanged; what was the last until then is dropped
/// @cancels as upstream; what is kept stays for the next pull
/// @cost    at most `count` items buffered
/// @others  takeLast (Rx), takeLast (Akka)
[[nodiscard]] inline auto take_last(std::size_t count) {
    return adaptor(
        [count]<async_stream Up>(Up up) { return take_last_stream<Up>(std::move(up), count); });
}

} // namespace streamx
