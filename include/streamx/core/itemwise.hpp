#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/hot.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {
template <class F, class T>
concept keeps_items = requires(F& f, T& item) {
    { f.keeps(item) } -> std::same_as<bool>;
};
template <class F, class T>
concept makes_items = requires(F& f, T&& item) { f.make(std::forward<T>(item)).is_pending(); };
template <class F, class T>
concept handles_items = keeps_items<F, T> || makes_items<F, T>;

/// How `F` is applied to an item of type `T`.
template <class F, class T>
struct applied {
    template <class X>
    using handles = std::bool_constant<handles_items<F, X>>;
    using shown = shown_if_t<T, handles>;
    static constexpr bool keeps = keeps_items<F, shown>;

    [[gnu::always_inline]] static bool keep(F& f, T& item) {
        if constexpr (!owes<shown, T>) {
            return f.keeps(item);
        } else {
            bool kept;
            if constexpr (std::is_same_v<shown, carried_t<T>>)
                kept = f.keeps(value_in(item));
            else
                kept = f.keeps(item);
            if (!kept)
                carrier_traits<T>::settle(item);
            return kept;
        }
    }

    [[gnu::always_inline]] static auto make(F& f, T&& item) {
        auto made = f.make(show<shown>(item));
        if constexpr (owes<shown, T>) {
            using result = poll<passed_on_t<shown, T, std::decay_t<decltype(*made)>>>;
            if (made)
                return result(pass_on<shown>(item, *std::move(made)));
            if (made.is_pending())
                settle<shown>(item);
            return made.template without_item<typename result::value_type>();
        } else
            return made;
    }
};

template <class F, class T>
struct made_of {
    using type =
        typename decltype(applied<F, T>::make(std::declval<F&>(), std::declval<T&&>()))::value_type;
};
template <class F, class T>
    requires applied<F, T>::keeps
struct made_of<F, T> {
    using type = T;
};
} // namespace detail

/// What is done to one item after another, without a look at what comes next: either `bool
/// keeps(T& item)`, whether it is passed on, or `poll<U> make(T&& item)`, what is passed on in its
/// place (`pending`: nothing). It may remember what it likes. Where `T` is a `carrier` it may also be
/// one for the value: what is owed goes with what it passes on, and is settled otherwise.
template <class F, class T>
concept itemwise_function = detail::handles_items<F, typename detail::applied<F, T>::shown>;

/// A stream of what an `itemwise_function` makes of upstream's items: `map`, `filter` and most
/// other synchronous operators.
template <async_stream Up, itemwise_function<item_t<Up>> F>
class [[nodiscard]] itemwise_stream : public stream_interface<itemwise_stream<Up, F>> {
    using item = item_t<Up>;
    using applied = detail::applied<F, item>;
    static constexpr bool keeps = applied::keeps;

public:
    using value_type = typename detail::made_of<F, item>::type;
    using executor_type = executor_t<Up>;

    itemwise_stream(Up up, F f) : up_(std::move(up)), f_(std::move(f)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        // Others run even if nothing comes of any item: after so many in a row it is pending once.
        for (unsigned left = detail::budget; left != 0; --left) {
            auto next = up_.try_next();
            if constexpr (keeps) {
                if (!next || applied::keep(f_, *next)) [[likely]]
                    return next;
            } else {
                if (!next)
                    return next.template without_item<value_type>();
                if (auto made = applied::make(f_, *std::move(next)); !made.is_pending()) [[likely]]
                    return made;
            }
        }
        return pending;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

    /// Where the items come from.
    Up& upstream() noexcept { return up_; }

    /// What comes of one item of upstream's.
    poll<value_type> apply(item&& next) {
        if constexpr (!keeps)
            return applied::make(f_, std::move(next));
        else if (applied::keep(f_, next))
            return std::move(next);
        else
            return pending;
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        detail::hot f(f_);
        return detail::each_ready(up_, [&](item&& next) __attribute__((always_inline)) {
            if constexpr (keeps) {
                if (applied::keep(*f, next))
                    return take(std::move(next));
            } else {
                if (auto made = applied::make(*f, std::move(next))) [[likely]]
                    return take(*std::move(made));
            }
            return true;
        });
    }

private:
    Up up_;
    [[no_unique_address]] F f_;
};

/// An adaptor that makes an `itemwise_stream`: how operators are written, and yours can be.
template <class F>
[[nodiscard]] auto itemwise(F f) {
    return adaptor([f = std::move(f)]<async_stream Up>(Up up) mutable {
        return itemwise_stream<Up, F>(std::move(up), std::move(f));
    });
}

} // namespace streamx
