#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/elements.hpp>
#include <streamx/core/detail/wait_unless.hpp>
#include <streamx/core/stream_interface.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <utility>

namespace streamx {

/// The stream that `start_with` makes: some items, and then upstream's.
template <async_stream Up, std::size_t N>
class [[nodiscard]] start_with_stream : public stream_interface<start_with_stream<Up, N>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    start_with_stream(Up up, std::array<value_type, N> items)
        : up_(std::move(up)), first_(std::move(items)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (!first_.empty()) [[unlikely]]
            return first_.try_next();
        return up_.try_next();
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        const auto why = first_.each_ready(take);
        return why == detail::halt::end ? detail::each_ready(up_, take) : why;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_wait_unless(
            [this] { return !first_.empty(); }, up_, std::forward<Token>(token));
    }

private:
    Up up_;
    detail::elements<std::array<value_type, N>> first_;
};

/// Gives these items first, in order, and then upstream's.
/// @marble  `-2--3-|`  ->  `start_with(0, 1)`  ->  `(01)2--3-|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; items not given yet stay for the next pull
/// @cost    the items themselves are buffered; no allocation
/// @others  chain (futures), concat (ranges), startWith (Rx), prepend (Akka)
template <class T, class... Ts>
[[nodiscard]] auto start_with(T first, Ts... rest) {
    return adaptor(
        [items = std::tuple(std::move(first), std::move(rest)...)]<async_stream Up>(Up up) mutable {
            constexpr auto size = 1 + sizeof...(Ts);
            auto converted = std::apply(
                [](auto&&... item) {
                    return std::array<item_t<Up>, size>{item_t<Up>(std::move(item))...};
                },
                std::move(items));
            return start_with_stream<Up, size>(std::move(up), std::move(converted));
        });
}

} // namespace streamx
