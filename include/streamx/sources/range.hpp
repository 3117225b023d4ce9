#pragma once

#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `range` makes.
template <std::integral T>
class [[nodiscard]] range_stream : public stream_interface<range_stream<T>> {
public:
    using value_type = T;
    using executor_type = no_executor;

    range_stream(T first, T last) : next_(first), last_(last), pause_(first) { set_pause(); }

    executor_type get_executor() const noexcept { return {}; }

    poll<T> try_next() {
        if (next_ == pause_) [[unlikely]]
            return pause();
        return next_++;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_ready(std::forward<Token>(token));
    }

private:
    /// A source that is always ready is pending now and then, so that others run even where an
    /// operator between it and its driver swallows all items. One comparison does for that and the
    /// end.
    poll<T> pause() {
        if (next_ == last_)
            return end;
        set_pause();
        return pending;
    }

    void set_pause() {
        const auto left = static_cast<std::uintmax_t>(last_) - static_cast<std::uintmax_t>(next_);
        pause_ = left > detail::stretch ? static_cast<T>(next_ + static_cast<T>(detail::stretch))
                                        : last_;
    }

    T next_;
    T last_;
    T pause_;
};

/// The integers from `first` up to and not including `last`; none when `last` is not above `first`.
/// @marble  `range(0, 3)`  ->  `-0-1-2-|`
/// @errors  none
/// @cancels nothing is held, so nothing can be lost
/// @cost    no allocation, nothing buffered
template <std::integral T>
[[nodiscard]] range_stream<T> range(T first, std::type_identity_t<T> last) {
    return {first, last < first ? first : last};
}

} // namespace streamx
