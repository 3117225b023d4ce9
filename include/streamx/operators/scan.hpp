#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

/// The stream that `scan` makes: what upstream's items so far have been combined to.
template <async_stream Up, std::copyable T, std::invocable<T, item_t<Up>> Op>
class [[nodiscard]] scan_stream : public stream_interface<scan_stream<Up, T, Op>> {
public:
    using value_type = T;
    using executor_type = executor_t<Up>;

    scan_stream(Up up, T init, Op op)
        : up_(std::move(up)), value_(std::move(init)), op_(std::move(op)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<T> try_next() {
        return up_.try_next().transform([this](auto&& item) {
            value_ = std::invoke(op_, std::move(value_), std::move(item));
            return value_;
        });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    T value_;
    [[no_unique_address]] Op op_;
};

/// A fold that shows each step: `value = op(value, item)` for each item, from `init`, which itself
/// is not shown.
/// @marble  `-1--2--3-|`  ->  `scan(0, plus)`  ->  `-1--3--6-|`
/// @errors  upstream's, unchanged; what `op` throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    a copy of the value an item; no allocation beside it
/// @others  scan (futures), scan (Rx), scan (Akka)
template <std::copyable T, class Op>
[[nodiscard]] auto scan(T init, Op op) {
    return adaptor([init = std::move(init), op = std::move(op)]<async_stream Up>(Up up) mutable {
        return scan_stream<Up, T, Op>(std::move(up), std::move(init), std::move(op));
    });
}

} // namespace streamx
