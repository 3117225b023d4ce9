#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/several_inputs.hpp>
#include <streamx/core/poll.hpp>

#include <utility>

namespace streamx {

namespace detail {
/// Input 0 is the signal, input 1 upstream.
template <class T>
struct until_signalled {
    using value_type = T;

    template <class Inputs>
    poll<T> next(Inputs& in) {
        if (in.template has<0>() && in.template ask<0>())
            return end;
        return in.template ask<1>();
    }
};
} // namespace detail

/// Passes on upstream's items, and ends when another stream, the signal, gives its first item. The
/// end of a signal that has given none changes nothing.
/// @marble  `-1--2--3--4-|`, `--------s--`  ->  `take_until(signal)`  ->  `-1--2--3|`
/// @errors  upstream's and the signal's, unchanged
/// @cancels nothing is held, so nothing can be lost
/// @cost    an allocation at the first wait; nothing buffered; the signal is asked once an item
/// @others  take_until (futures), takeUntil (Rx), KillSwitch (Akka)
template <async_stream Signal>
[[nodiscard]] auto take_until(Signal signal) {
    return adaptor([signal = std::move(signal)]<async_stream Up>(Up up) mutable {
        return detail::several_inputs_stream(
            detail::until_signalled<item_t<Up>>(), std::move(signal), std::move(up));
    });
}

} // namespace streamx
