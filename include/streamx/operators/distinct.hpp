#pragma once

#include <streamx/core/detail/checked.hpp>
#include <streamx/core/itemwise.hpp>

#include <boost/unordered_set.hpp>

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx {

namespace detail {
template <class T, class Key>
class news {
    using key_type = std::remove_cvref_t<std::invoke_result_t<Key&, const T&>>;

public:
    news(std::size_t limit, Key key) : limit_(limit), key_(std::move(key)) {}

    bool keeps(const T& item) {
        const auto [at, is_new] = seen_.insert(std::invoke(key_, item));
        if (is_new)
            remember(&*at);
        return is_new;
    }

private:
    void remember(const key_type* k) {
        if (by_age_.size() < limit_)
            return by_age_.push_back(k);
        seen_.erase(seen_.find(*std::exchange(by_age_[oldest_], k)));
        oldest_ = oldest_ + 1 == limit_ ? 0 : oldest_ + 1;
    }

    std::size_t limit_;
    [[no_unique_address]] Key key_;
    boost::unordered_set<key_type> seen_;
    std::vector<const key_type*> by_age_; // a ring, once it is full
    std::size_t oldest_ = 0;
};
} // namespace detail

/// The stream that `distinct` makes: upstream's items but for those that were there before.
template <async_stream Up, class Key>
using distinct_stream = itemwise_stream<Up, detail::news<detail::carried_t<item_t<Up>>, Key>>;

/// Drops the items whose key was there before: `key(item)`, the item itself by default. It
/// remembers `limit` keys and forgets the oldest for a new one, so an item may come again after
/// `limit` others. Throws `std::invalid_argument` if `limit` is 0. Keys are hashed with
/// `boost::hash`.
/// @marble  `-1--2--1--3-|`  ->  `distinct(100)`  ->  `-1--2-----3-|`
/// @errors  upstream's, unchanged; what a function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    an allocation and a copy for each new key; at most `limit` keys are remembered
/// @others  distinct (Rx)
template <class Key = std::identity>
[[nodiscard]] auto distinct(std::size_t limit, Key key = {}) {
    detail::checked_size(limit, "distinct: limit must be at least 1");
    return adaptor([limit, key = std::move(key)]<async_stream Up>(Up up) mutable {
        return distinct_stream<Up, Key>(std::move(up), {limit, std::move(key)});
    });
}

} // namespace streamx
