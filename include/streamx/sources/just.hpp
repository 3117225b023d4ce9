#pragma once

#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/poll.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>

namespace streamx {

/// The stream that `just` makes.
template <class T, std::size_t N>
class [[nodiscard]] just_stream : public detail::ready_source<just_stream<T, N>> {
public:
    using value_type = T;

    explicit just_stream(std::array<T, N> items) : items_(std::move(items)) {}

    poll<T> try_next() {
        if (next_ == N)
            return end;
        return std::move(items_[next_++]);
    }

private:
    std::array<T, N> items_;
    std::size_t next_ = 0;
};

/// One item, or a few of one type, and the end.
/// @marble  `just(7)`  ->  `-7-|`
/// @errors  none
/// @cancels an item not yet taken stays in the stream
/// @cost    no allocation, no copy; the items are moved out of the stream
/// @others  once (futures), single (ranges), just (Rx), Source.single (Akka)
template <class T, std::same_as<T>... Ts>
[[nodiscard]] auto just(T item, Ts... more) {
    constexpr std::size_t count = 1 + sizeof...(Ts);
    return just_stream<T, count>(std::array<T, count>{std::move(item), std::move(more)...});
}

} // namespace streamx
