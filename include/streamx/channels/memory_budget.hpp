#pragma once

#include <streamx/channels/detail/budget_state.hpp>
#include <streamx/core/detail/checked.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>

namespace streamx {

/// A limit in bytes, or whatever else items weigh, that many channels share: for "at most 512 MiB of
/// queued items" instead of a capacity for each of a thousand. It counts what is in them. Who finds
/// no room in it waits as for room in the channel, first come first served among all channels.
/// Copies are the same budget, which lives as long as they or its channels do.
///
/// Thread safety: may be used from any thread at any time.
class memory_budget {
public:
    /// Throws `std::invalid_argument` if `limit` is 0.
    explicit memory_budget(std::size_t limit);

    std::size_t limit() const noexcept;
    /// What the items weigh that are in the channels now, with what is set aside for those that wait
    /// and are on their way in.
    std::size_t used() const;
    /// How many channels wait for it.
    std::size_t waiting() const;

    /// For the channels.
    const std::shared_ptr<detail::budget_state>& state() const noexcept { return state_; }

private:
    std::shared_ptr<detail::budget_state> state_;
};

/// What an item weighs if nobody says otherwise: its own size, and for a container the elements'.
template <class T>
std::size_t weight_of(const T& item) noexcept {
    if constexpr (std::ranges::sized_range<const T&> && std::ranges::forward_range<const T&>)
        return sizeof(T) + static_cast<std::size_t>(std::ranges::size(item)) *
                               sizeof(std::ranges::range_value_t<const T&>);
    else
        return sizeof(T);
}

} // namespace streamx
