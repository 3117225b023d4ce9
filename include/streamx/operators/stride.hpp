#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/next_that.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

/// The stream that `stride` makes: every so manieth of upstream's items.
template <async_stream Up>
class [[nodiscard]] stride_stream : public stream_interface<stride_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    stride_stream(Up up, std::size_t step) : up_(std::move(up)), step_(step) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        return detail::next_that(up_, [this](auto&) {
            const bool kept = to_drop_ == 0;
            to_drop_ = kept ? step_ - 1 : to_drop_ - 1;
            return kept;
        });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    std::size_t step_;
    std::size_t to_drop_ = 0;
};

/// Passes on the first item and then every `step`th one. Throws `std::invalid_argument` if `step`
/// is 0.
/// @marble  `-1--2--3--4-|`  ->  `stride(2)`  ->  `-1-----3----|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  stride (ranges)
[[nodiscard]] inline auto stride(std::size_t step) {
    detail::checked_size(step, "stride: step must be at least 1");
    return adaptor(
        [step]<async_stream Up>(Up up) { return stride_stream<Up>(std::move(up), step); });
}

} // namespace streamx
