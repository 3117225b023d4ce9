#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx {

struct pending_t {};
struct end_t {};

/// Nothing now: wait with `async_wait`, then try again.
inline constexpr pending_t pending{};
/// Nothing any more.
inline constexpr end_t end{};

/// What `try_next` gives: an item, `pending` or `end`.
///
/// Tests true when it holds an item, and is read like a `std::optional`.
template <class T>
class [[nodiscard]] poll {
public:
    using value_type = T;

    constexpr poll(pending_t) noexcept {}
    constexpr poll(end_t) noexcept : ended_(true) {}

    template <class U = T>
        requires(
            std::constructible_from<T, U> && !std::same_as<std::remove_cvref_t<U>, poll> &&
            !std::same_as<std::remove_cvref_t<U>, pending_t> &&
            !std::same_as<std::remove_cvref_t<U>, end_t>)
    constexpr poll(U&& item) : item_(std::in_place, std::forward<U>(item)) {}

    constexpr explicit operator bool() const noexcept { return item_.has_value(); }
    constexpr bool is_end() const noexcept { return ended_; }
    constexpr bool is_pending() const noexcept { return !item_ && !ended_; }

    constexpr T& operator*() & noexcept { return *item_; }
    constexpr const T& operator*() const& noexcept { return *item_; }
    constexpr T&& operator*() && noexcept { return *std::move(item_); }
    constexpr T* operator->() noexcept { return &*item_; }
    constexpr const T* operator->() const noexcept { return &*item_; }

    /// This, with `fn` applied to the item if there is one.
    template <class Fn, class U = std::decay_t<std::invoke_result_t<Fn&, T>>>
    constexpr poll<U> transform(Fn&& fn) && {
        if (item_)
            return std::invoke(fn, *std::move(item_));
        return without_item<U>();
    }

    /// `pending` or `end`, whichever this is, of another type. Precondition: holds no item.
    template <class U>
    constexpr poll<U> without_item() const noexcept {
        return ended_ ? poll<U>(end) : poll<U>(pending);
    }

    constexpr std::optional<T> to_optional() && noexcept { return std::move(item_); }

private:
    std::optional<T> item_;
    bool ended_ = false;
};

} // namespace streamx
