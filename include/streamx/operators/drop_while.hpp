#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/next_that.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

/// The stream that `drop_while` makes: upstream's items from the first that fails a predicate.
template <async_stream Up, std::predicate<item_t<Up>&> Predicate>
class [[nodiscard]] drop_while_stream : public stream_interface<drop_while_stream<Up, Predicate>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    drop_while_stream(Up up, Predicate predicate)
        : up_(std::move(up)), predicate_(std::move(predicate)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (begun_) [[likely]]
            return up_.try_next();
        return detail::next_that(
            up_, [this](auto& item) { return begun_ = !std::invoke(predicate_, item); });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    [[no_unique_address]] Predicate predicate_;
    bool begun_ = false;
};

/// Drops the items as long as a predicate holds, and passes on the first for which it does not and
/// all after it, whatever they are.
/// @marble  `-1--2--3--1-|`  ->  `drop_while(x => x < 3)`  ->  `-------3--1-|`
/// @errors  upstream's, unchanged; what the predicate throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  skip_while (futures), drop_while (ranges), skipWhile (Rx), dropWhile (Akka)
template <class Predicate>
[[nodiscard]] auto drop_while(Predicate predicate) {
    return adaptor([predicate = std::move(predicate)]<async_stream Up>(Up up) mutable {
        return drop_while_stream<Up, Predicate>(std::move(up), std::move(predicate));
    });
}

} // namespace streamx
