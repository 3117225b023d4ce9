#pragma once

#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `range` makes.
template <std::integral T>
class [[nodiscard]] range_stream : public stream_interface<range_stream<T>> {
public:
    using value_type = T;
    using executor_type = no_executor;

    range_stream(T first, T last) : next_(first), last_(last) {}

    executor_type get_executor() const noexcept { return {}; }

    poll<T> try_next() {
        if (next_ == last_)
            return end;
        return next_++;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_ready(std::forward<Token>(token));
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
template <std::integral T>
[[nodiscard]] range_stream<T> range(T first, std::type_identity_t<T> last) {
    return {first, last < first ? first : last};
}

} // namespace streamx
