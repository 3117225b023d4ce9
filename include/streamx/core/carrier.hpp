#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx {

/// An item that carries a value and something which has to go wherever the value goes: a message of a
/// broker with its acknowledgement. Operators whose function takes the value, and not the item, keep
/// what is attached with what becomes of the value.
///
/// `value()` is what is carried; `carry(fn) &&` an item with `fn(value)` in its place; `dismiss()`
/// says that the value is done with (a filter dropped it, a terminal has dealt with it); the static
/// `gather(items)` makes one item of many, which carries the vector of their values.
template <class T>
concept carrier = std::move_constructible<T> && requires(T& item, std::vector<T> items) {
    typename T::carried_type;
    { item.value() } -> std::same_as<typename T::carried_type&>;
    item.dismiss();
    T::gather(std::move(items));
};

namespace detail {

/// A function of the carried value that cannot take the item itself.
template <class Fn, class Item, class... Before>
concept takes_carried =
    carrier<std::remove_cvref_t<Item>> && !std::invocable<Fn&, Before..., Item> &&
    std::invocable<Fn&, Before..., typename std::remove_cvref_t<Item>::carried_type>;

template <class Predicate, class Item>
concept judges_carried = carrier<Item> && !std::predicate<Predicate&, Item&> &&
                         std::predicate<Predicate&, typename Item::carried_type&>;

/// What many items of type `T` are together: a vector, or one carrier of a vector.
template <class T>
auto gathered(std::vector<T>&& items) {
    if constexpr (carrier<T>)
        return T::gather(std::move(items));
    else
        return std::move(items);
}
template <class T>
using gathered_t = decltype(gathered(std::declval<std::vector<T>&&>()));

/// Says of an item that it is done with, if it wants to know.
template <class T>
void dismiss(T& item) {
    if constexpr (carrier<T>)
        item.dismiss();
}

} // namespace detail

} // namespace streamx
