#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/next_that.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

/// The stream that `filter` makes: those of upstream's items that satisfy a predicate.
template <async_stream Up, std::predicate<item_t<Up>&> Predicate>
class [[nodiscard]] filter_stream : public stream_interface<filter_stream<Up, Predicate>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    filter_stream(Up up, Predicate predicate)
        : up_(std::move(up)), predicate_(std::move(predicate)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        return detail::next_that(up_, [this](auto& item) { return std::invoke(predicate_, item); });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

    /// Upstream, and what this makes of one item: for `catch_errors`.
    Up& upstream() noexcept { return up_; }
    poll<value_type> apply(item_t<Up>&& item) {
        return std::invoke(predicate_, item) ? poll<value_type>(std::move(item)) : pending;
    }

private:
    Up up_;
    [[no_unique_address]] Predicate predicate_;
};

/// Passes on the items for which a predicate holds, and drops the others.
/// @marble  `-1--2--3--4-|`  ->  `filter(x => x is even)`  ->  `----2-----4-|`
/// @errors  upstream's, unchanged; what the predicate throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  filter (futures), filter (ranges), filter (Rx), filter (Akka)
template <class Predicate>
[[nodiscard]] auto filter(Predicate predicate) {
    return adaptor([predicate = std::move(predicate)]<async_stream Up>(Up up) mutable {
        return filter_stream<Up, Predicate>(std::move(up), std::move(predicate));
    });
}

} // namespace streamx
