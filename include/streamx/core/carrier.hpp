#pragma once

#include <type_traits>
#include <utility>
#include <vector>

namespace streamx {

/// Makes a type of items a carrier: a value with something that is owed for it, such as the
/// acknowledgement of a broker's message. Operators are handed the value, and what is owed travels
/// with what they make of it; who uses an item up settles it. A carrier that is destroyed before has
/// failed, and sees to that itself.
///
/// A specialisation for a carrier `D` has
/// - `value_type`, and `rebind<U>`: the carrier of another value;
/// - `static value_type& value(D&)`;
/// - `static rebind<U> with(D&& from, U value)`: another value, and what was owed for `from`;
/// - `static rebind<std::vector<value_type>> join(std::vector<D>&& all)`: settled, all are;
/// - `static void settle(D&) noexcept`: it has been dealt with. Nothing if that is no longer owed.
template <class D>
struct carrier_traits {};

/// A value with something that is owed for it.
template <class D>
concept carrier = requires { typename carrier_traits<D>::value_type; };

namespace detail {

template <class T>
struct carried {
    using type = T;
};
template <carrier D>
struct carried<D> {
    using type = typename carrier_traits<D>::value_type;
};

/// The value in an item: of a carrier, what it carries.
template <class T>
using carried_t = typename carried<T>::type;

template <class T>
[[gnu::always_inline]] inline auto& value_in(T& item) noexcept {
    if constexpr (carrier<T>)
        return carrier_traits<T>::value(item);
    else
        return item;
}
template <class T>
[[gnu::always_inline]] inline const auto& value_in(const T& item) noexcept {
    return value_in(const_cast<T&>(item));
}

/// What is handed an item of type `T`, where `Takes<X>` says whether it can be handed an `X`: the item;
/// of a carrier the value if that will do, else a reference to the carrier, to be looked at, and last
/// the carrier itself with what is owed.
template <class T, template <class> class Takes>
constexpr auto choose_shown() {
    if constexpr (!carrier<T>)
        return std::type_identity<T>();
    else if constexpr (Takes<carried_t<T>>::value)
        return std::type_identity<carried_t<T>>();
    else if constexpr (Takes<T&>::value)
        return std::type_identity<T&>();
    else
        return std::type_identity<T>();
}
template <class T, template <class> class Takes>
using shown_if_t = typename decltype(choose_shown<T, Takes>())::type;

template <class Fn, class... Before>
struct callable {
    template <class T>
    using with = std::is_invocable<Fn&, Before..., T>;
};

/// What a function is handed of an item of type `T`, behind other arguments.
template <class Fn, class T, class... Before>
using shown_t = shown_if_t<T, callable<Fn, Before...>::template with>;

/// An item as `Shown`.
template <class Shown, class T>
[[gnu::always_inline]] inline Shown&& show(T& item) noexcept {
    if constexpr (carrier<T> && std::is_same_v<Shown, carried_t<T>>)
        return std::move(carrier_traits<T>::value(item));
    else
        return static_cast<Shown&&>(item);
}

/// Whether something is still owed by who showed an item as `Shown`.
template <class Shown, class T>
inline constexpr bool owes = carrier<T> && !std::is_same_v<Shown, T>;

/// An item that was shown as `Shown` has been used up, or was dropped on purpose.
template <class Shown, class T>
[[gnu::always_inline]] inline void settle(T& item) noexcept {
    if constexpr (owes<Shown, T>)
        carrier_traits<T>::settle(item);
}

/// What is passed on when `U` was made of an item that was shown as `Shown`.
template <class Shown, class T, class U>
struct made_of_item {
    using type = U;
};
template <class Shown, carrier T, class U>
    requires owes<Shown, T>
struct made_of_item<Shown, T, U> {
    using type = typename carrier_traits<T>::template rebind<U>;
};
template <class Shown, class T, class U>
using passed_on_t = typename made_of_item<Shown, T, U>::type;

template <class Shown, class T, class U>
[[gnu::always_inline]] inline passed_on_t<Shown, T, U> pass_on(T& item, U&& made) {
    if constexpr (owes<Shown, T>)
        return carrier_traits<T>::with(std::move(item), std::move(made));
    else
        return std::move(made);
}

template <class T>
struct gathering {
    using type = std::vector<T>;
};
template <carrier D>
struct gathering<D> {
    using type = typename carrier_traits<D>::template rebind<std::vector<carried_t<D>>>;
};

/// Several items as one: a vector, and of carriers the carrier of a vector of their values.
template <class T>
using gathered_t = typename gathering<T>::type;

template <class T>
gathered_t<T> gather(std::vector<T>&& items) noexcept(!carrier<T>) {
    if constexpr (carrier<T>)
        return carrier_traits<T>::join(std::move(items));
    else
        return std::move(items);
}

} // namespace detail
} // namespace streamx
