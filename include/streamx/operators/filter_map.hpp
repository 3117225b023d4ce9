#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `filter_map` makes: what a function makes of upstream's items, where it makes
/// something.
template <async_stream Up, std::invocable<item_t<Up>> Fn>
class [[nodiscard]] filter_map_stream : public stream_interface<filter_map_stream<Up, Fn>> {
    using made = std::decay_t<std::invoke_result_t<Fn&, item_t<Up>>>;

public:
    using value_type = std::decay_t<decltype(*std::declval<made>())>;
    using executor_type = executor_t<Up>;

    filter_map_stream(Up up, Fn fn) : up_(std::move(up)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        // Others run even if nothing is made of anything: after so many in a row it is pending once.
        for (unsigned left = detail::budget; left != 0; --left) {
            auto item = up_.try_next();
            if (!item)
                return item.template without_item<value_type>();
            if (made result = std::invoke(fn_, *std::move(item)))
                return *std::move(result);
        }
        return pending;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

    /// Upstream, and what this makes of one item: for `catch_errors`.
    Up& upstream() noexcept { return up_; }
    poll<value_type> apply(item_t<Up>&& item) {
        if (made result = std::invoke(fn_, std::move(item)))
            return *std::move(result);
        return pending;
    }

private:
    Up up_;
    [[no_unique_address]] Fn fn_;
};

/// Passes each item through a function that returns a `std::optional` (or a pointer), and drops
/// those of which it makes nothing.
/// @marble  `-1--a--3-|`  ->  `filter_map(parse)`  ->  `-1-----3-|`
/// @errors  upstream's, unchanged; what the function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  filter_map (futures), collect (Akka)
template <class Fn>
[[nodiscard]] auto filter_map(Fn fn) {
    return adaptor([fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        return filter_map_stream<Up, Fn>(std::move(up), std::move(fn));
    });
}

} // namespace streamx
