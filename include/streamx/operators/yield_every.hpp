#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/chunker.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

/// The stream that `yield_every` makes: upstream's items, with a pause after so many in a row.
template <async_stream Up>
class [[nodiscard]] yield_every_stream : public stream_interface<yield_every_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    yield_every_stream(Up up, std::size_t budget)
        : up_(std::move(up)), budget_(budget), left_(budget) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (left_ == 0) {
            left_ = budget_;
            return pending;
        }
        auto item = up_.try_next();
        left_ = item ? left_ - 1 : budget_;
        return item;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    std::size_t budget_;
    std::size_t left_;
};

/// Lets others on the executor run after each `budget` items taken in a row: a smaller fairness
/// budget than the 1024 of every driver, for items that are expensive to handle.
/// Throws `std::invalid_argument` if `budget` is 0.
/// @marble  `(1234)-|`  ->  `yield_every(2)`  ->  `(12)-(34)-|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    one trip through the executor every `budget` items; nothing buffered
/// @others  none
[[nodiscard]] inline auto yield_every(std::size_t budget) {
    detail::checked_size(budget, "yield_every: budget must be at least 1");
    return adaptor(
        [budget]<async_stream Up>(Up up) { return yield_every_stream<Up>(std::move(up), budget); });
}

} // namespace streamx
