#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/several_inputs.hpp>
#include <streamx/core/poll.hpp>

#include <utility>

namespace streamx {

namespace detail {
/// Input 0 is the signal, input 1 upstream.
template <class T>
struct once_signalled {
    using value_type = T;

    template <class Inputs>
    poll<T> next(Inputs& in) {
        for (unsigned left = budget; left != 0; --left) {
            if (!open && in.template has<0>() && in.template ask<0>()) {
                open = true;
                in.template release<0>();
            }
            auto item = in.template ask<1>();
            if (open || !item)
                return item;
        }
        return pending;
    }

    bool open = false;
};
} // namespace detail

/// Drops upstream's items until another stream, the signal, gives its first item, and passes on those
/// that are pulled after it. A signal that ends without an item never comes.
/// @marble  `-1--2--3--4-|`, `-----s-----`  ->  `drop_until(signal)`  ->  `-------3--4-|`
/// @errors  upstream's and, until it has given its item, the signal's, unchanged
/// @cancels nothing is held, so nothing can be lost
/// @cost    an allocation at the first wait; nothing buffered
/// @others  skipUntil (Rx)
template <async_stream Signal>
[[nodiscard]] auto drop_until(Signal signal) {
    return adaptor([signal = std::move(signal)]<async_stream Up>(Up up) mutable {
        return detail::several_inputs_stream(
            detail::once_signalled<item_t<Up>>(), std::move(signal), std::move(up));
    });
}

} // namespace streamx
