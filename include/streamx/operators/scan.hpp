#pragma once

#include <streamx/core/itemwise.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

namespace detail {
template <class T, class Op>
struct running_fold {
    template <class Item>
        requires std::invocable<Op&, T, Item>
    poll<T> make(Item&& item) {
        value = std::invoke(op, std::move(value), std::forward<Item>(item));
        return value;
    }

    T value;
    [[no_unique_address]] Op op;
};
} // namespace detail

/// The stream that `scan` makes: what upstream's items so far have been combined to.
template <async_stream Up, std::copyable T, class Op>
using scan_stream = itemwise_stream<Up, detail::running_fold<T, Op>>;

/// A fold that shows each step: `value = op(value, item)` for each item, from `init`, which itself
/// is not shown.
/// @marble  `-1--2--3-|`  ->  `scan(0, plus)`  ->  `-1--3--6-|`
/// @errors  upstream's, unchanged; what `op` throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    a copy of the value an item; no allocation beside it
/// @others  scan (futures), scan (Rx), scan (Akka)
template <std::copyable T, class Op>
[[nodiscard]] auto scan(T init, Op op) {
    return itemwise(detail::running_fold<T, Op>{std::move(init), std::move(op)});
}

} // namespace streamx
