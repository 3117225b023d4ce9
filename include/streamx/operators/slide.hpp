#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

namespace streamx {

/// The stream that `slide` makes: each of upstream's items with those before it.
template <async_stream Up>
    requires std::copy_constructible<item_t<Up>>
class [[nodiscard]] slide_stream : public stream_interface<slide_stream<Up>> {
public:
    using value_type = std::vector<item_t<Up>>;
    using executor_type = executor_t<Up>;

    slide_stream(Up up, std::size_t size) : up_(std::move(up)), size_(size) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        for (unsigned left = detail::budget; left != 0; --left) {
            auto item = up_.try_next();
            if (!item)
                return item.template without_item<value_type>();
            if (window_.size() == size_)
                window_.erase(window_.begin());
            window_.push_back(*std::move(item));
            if (window_.size() == size_)
                return window_;
        }
        return pending;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    std::size_t size_;
    value_type window_;
};

/// Overlapping windows: for each item from the `size`th on, a vector of it and the `size` - 1
/// before it. None if there are fewer than `size` items. Throws `std::invalid_argument` if `size`
/// is 0.
/// @marble  `-1--2--3-|`  ->  `slide(2)`  ->  `----[1,2]--[2,3]-|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; what is in the window stays for the next pull
/// @cost    a vector and `size` copies an item; `size` items buffered
/// @others  slide (ranges), pairwise (Rx), sliding (Akka)
[[nodiscard]] inline auto slide(std::size_t size) {
    detail::checked_size(size, "slide: size must be at least 1");
    return adaptor(
        [size]<async_stream Up>(Up up) { return slide_stream<Up>(std::move(up), size); });
}

} // namespace streamx
