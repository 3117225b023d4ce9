#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `map` makes: upstream's items, each passed through a function.
template <async_stream Up, std::invocable<item_t<Up>> Fn>
class [[nodiscard]] map_stream : public stream_interface<map_stream<Up, Fn>> {
    static_assert(
        !std::is_void_v<std::invoke_result_t<Fn&, item_t<Up>>>,
        "map: the function returns nothing; `inspect` is for side effects");

public:
    using value_type = std::decay_t<std::invoke_result_t<Fn&, item_t<Up>>>;
    using executor_type = executor_t<Up>;

    map_stream(Up up, Fn fn) : up_(std::move(up)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }
    poll<value_type> try_next() { return up_.try_next().transform(fn_); }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

    /// Upstream, and what this makes of one item: for `catch_errors`.
    Up& upstream() noexcept { return up_; }
    poll<value_type> apply(item_t<Up>&& item) { return std::invoke(fn_, std::move(item)); }

private:
    Up up_;
    [[no_unique_address]] Fn fn_;
};

/// Passes each item through a function.
/// @marble  `-1--2--3-|`  ->  `map(x => x * 10)`  ->  `-10--20--30-|`
/// @errors  upstream's, unchanged; what the function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  map (futures), transform (ranges), map (Rx), map (Akka)
template <class Fn>
[[nodiscard]] auto map(Fn fn) {
    return adaptor([fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        return map_stream<Up, Fn>(std::move(up), std::move(fn));
    });
}

} // namespace streamx
