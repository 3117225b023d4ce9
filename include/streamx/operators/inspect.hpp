#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

/// The stream that `inspect` makes: upstream's items, each shown to a function on its way.
template <async_stream Up, std::invocable<const item_t<Up>&> Fn>
class [[nodiscard]] inspect_stream : public stream_interface<inspect_stream<Up, Fn>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    inspect_stream(Up up, Fn fn) : up_(std::move(up)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        auto item = up_.try_next();
        if (item)
            std::invoke(fn_, std::as_const(*item));
        return item;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

    /// Upstream, and what this makes of one item: for `catch_errors`.
    Up& upstream() noexcept { return up_; }
    poll<value_type> apply(item_t<Up>&& item) {
        std::invoke(fn_, std::as_const(item));
        return std::move(item);
    }

private:
    Up up_;
    [[no_unique_address]] Fn fn_;
};

/// Shows each item to a function and passes it on unchanged.
/// @marble  `-1--2--3-|`  ->  `inspect(print)`  ->  `-1--2--3-|`
/// @errors  upstream's, unchanged; what the function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  inspect (futures), tap, doOnNext (Rx), wireTap (Akka)
template <class Fn>
[[nodiscard]] auto inspect(Fn fn) {
    return adaptor([fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        return inspect_stream<Up, Fn>(std::move(up), std::move(fn));
    });
}

} // namespace streamx
