#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/next_that.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

/// The stream that `drop` makes: upstream's items but for the first ones.
template <async_stream Up>
class [[nodiscard]] drop_stream : public stream_interface<drop_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    drop_stream(Up up, std::size_t count) : up_(std::move(up)), left_(count) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (left_ == 0) [[likely]]
            return up_.try_next();
        return detail::next_that(up_, [this](auto&) {
            if (left_ == 0)
                return true;
            --left_;
            return false;
        });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    std::size_t left_;
};

/// Drops the first `count` items and passes on the rest.
/// @marble  `-1--2--3--4-|`  ->  `drop(2)`  ->  `-------3--4-|`
/// @errors  upstream's, unchanged, also while items are dropped
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  skip (futures), drop (ranges), skip (Rx), drop (Akka)
[[nodiscard]] inline auto drop(std::size_t count) {
    return adaptor(
        [count]<async_stream Up>(Up up) { return drop_stream<Up>(std::move(up), count); });
}

} // namespace streamx
