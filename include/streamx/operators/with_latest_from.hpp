#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/several_inputs.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <optional>
#include <utility>

namespace streamx {

namespace detail {
/// Input 0 is the stream of which the latest item counts, input 1 upstream.
template <class T, class U>
struct beside_the_latest {
    using value_type = std::pair<T, U>;

    template <class Inputs>
    poll<value_type> next(Inputs& in) {
        refresh(in);
        for (unsigned left = budget; left != 0; --left) {
            auto item = in.template ask<1>();
            if (!item)
                return item.template without_item<value_type>();
            if (latest)
                return value_type(*std::move(item), *latest);
        }
        return pending;
    }

    template <class Inputs>
    void refresh(Inputs& in) {
        for (unsigned left = budget; left != 0 && in.template has<0>(); --left) {
            auto item = in.template ask<0>();
            if (!item)
                return;
            latest.reset();
            latest.emplace(*std::move(item));
        }
    }

    std::optional<U> latest;
};
} // namespace detail

/// Makes pairs of each item and the latest one of another stream, which is emptied at each pull. Items
/// that come before the first one of the other stream are dropped. Ends with upstream; the last item
/// of another stream that has ended stays the latest.
/// @marble  `-1--2--3-|`, `---a---b-`  ->  `with_latest_from(other)`  ->  `----(2,a)--(3,b)-|`
/// @errors  upstream's and the other stream's, unchanged
/// @cancels nothing is held but the latest item of the other stream, so nothing can be lost
/// @cost    an allocation at the first wait; a copy of the latest item an item; one item held
/// @others  withLatestFrom (Rx)
template <async_stream Other>
    requires std::copy_constructible<item_t<Other>>
[[nodiscard]] auto with_latest_from(Other other) {
    return adaptor([other = std::move(other)]<async_stream Up>(Up up) mutable {
        return detail::several_inputs_stream(
            detail::beside_the_latest<item_t<Up>, item_t<Other>>(),
            std::move(other),
            std::move(up));
    });
}

} // namespace streamx
