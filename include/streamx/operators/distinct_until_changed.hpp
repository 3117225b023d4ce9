#pragma once

#include <streamx/core/itemwise.hpp>

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {
template <class T, class Equal, class Key>
struct changes {
    using key_type = std::remove_cvref_t<std::invoke_result_t<Key&, const T&>>;

    bool keeps(const T& item) {
        decltype(auto) now = std::invoke(key, item);
        if (last && std::invoke(equal, std::as_const(*last), std::as_const(now)))
            return false;
        last = std::forward<decltype(now)>(now);
        return true;
    }

    [[no_unique_address]] Equal equal;
    [[no_unique_address]] Key key;
    std::optional<key_type> last = {};
};
} // namespace detail

/// The stream that `distinct_until_changed` makes: upstream's items but for those that equal the
/// one before.
template <async_stream Up, class Equal, class Key>
using distinct_until_changed_stream =
    itemwise_stream<Up, detail::changes<detail::carried_t<item_t<Up>>, Equal, Key>>;

/// Drops the items that equal the one passed on before them: `equal(last, now)` of their keys,
/// which `key(item)` makes.
/// @marble  `-1--1--2--1-|`  ->  `distinct_until_changed()`  ->  `-1-----2--1-|`
/// @errors  upstream's, unchanged; what a function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    a copy of each key passed on (of the item, by default); one key is remembered
/// @others  distinctUntilChanged (Rx)
template <class Equal = std::equal_to<>, class Key = std::identity>
[[nodiscard]] auto distinct_until_changed(Equal equal = {}, Key key = {}) {
    return adaptor(
        [equal = std::move(equal), key = std::move(key)]<async_stream Up>(Up up) mutable {
            return distinct_until_changed_stream<Up, Equal, Key>(
                std::move(up), {std::move(equal), std::move(key)});
        });
}

} // namespace streamx
