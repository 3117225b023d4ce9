#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <utility>

namespace streamx {

/// The stream that `enumerate` makes: upstream's items, each with its number.
template <async_stream Up>
class [[nodiscard]] enumerate_stream : public stream_interface<enumerate_stream<Up>> {
public:
    using value_type = std::pair<std::size_t, item_t<Up>>;
    using executor_type = executor_t<Up>;

    explicit enumerate_stream(Up up) : up_(std::move(up)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        return up_.try_next().transform(
            [this](auto&& item) { return value_type(number_++, std::move(item)); });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    std::size_t number_ = 0;
};

/// Numbers the items from 0: pairs of number and item.
/// @marble  `-a--b--c-|`  ->  `enumerate()`  ->  `-(0,a)--(1,b)--(2,c)-|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  enumerate (futures), enumerate (ranges), zipWithIndex (Akka)
[[nodiscard]] inline auto enumerate() {
    return adaptor([]<async_stream Up>(Up up) { return enumerate_stream<Up>(std::move(up)); });
}

} // namespace streamx
