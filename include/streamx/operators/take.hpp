#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/hot.hpp>
#include <streamx/core/detail/wait_unless.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

/// The stream that `take` makes: upstream's first items.
template <async_stream Up>
class [[nodiscard]] take_stream : public stream_interface<take_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    take_stream(Up up, std::size_t count) : up_(std::move(up)), left_(count) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (left_ == 0)
            return end;
        auto item = up_.try_next();
        left_ -= item ? 1 : 0;
        return item;
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        if (left_ == 0)
            return detail::halt::end;
        detail::hot left(left_);
        const auto why =
            detail::each_ready(up_, [&](value_type&& item) __attribute__((always_inline)) {
                --*left;
                return take(std::move(item)) && *left != 0;
            });
        return *left == 0 ? detail::halt::end : why;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        // The end does not wait for upstream.
        return detail::async_wait_unless(
            [this] { return left_ == 0; }, up_, std::forward<Token>(token));
    }

private:
    Up up_;
    std::size_t left_;
};

/// Passes on the first `count` items and ends; what comes after them is left upstream.
/// `take(0)` ends at once and never asks upstream for anything.
/// @marble  `-1--2--3--4-|`  ->  `take(2)`  ->  `-1--(2|)`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  take (futures), take (ranges), take (Rx), take (Akka)
[[nodiscard]] inline auto take(std::size_t count) {
    return adaptor(
        [count]<async_stream Up>(Up up) { return take_stream<Up>(std::move(up), count); });
}

} // namespace streamx
