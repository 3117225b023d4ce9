#pragma once

#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/hot.hpp>
#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace streamx {

/// The stream that `range` makes.
template <std::integral T>
class [[nodiscard]] range_stream : public detail::ready_source<range_stream<T>> {
public:
    using value_type = T;

    range_stream(T first, T last) : next_(first), last_(last) {}

    poll<T> try_next() {
        if (next_ == last_)
            return end;
        return next_++;
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        detail::hot next(next_);
        const auto left = static_cast<std::uintmax_t>(last_) - static_cast<std::uintmax_t>(next_);
        const T last = left > detail::budget ? static_cast<T>(next_ + T(detail::budget)) : last_;
        while (*next != last)
            if (!take(T((*next)++))) [[unlikely]]
                return detail::halt::asked;
        return last == last_ ? detail::halt::end : detail::halt::spent;
    }

private:
    T next_;
    T last_;
};

/// The integers from `first` up to and not including `last`; none when `last` is not above `first`.
/// @marble  `range(0, 3)`  ->  `-0-1-2-|`
/// @errors  none
/// @cancels nothing is held, so nothing can be lost
/// @cost    no allocation, nothing buffered
/// @others  iter (futures), iota (ranges), range (Rx), Source.range (Akka)
template <std::integral T>
[[nodiscard]] range_stream<T> range(T first, std::type_identity_t<T> last) {
    return {first, last < first ? first : last};
}

} // namespace streamx
