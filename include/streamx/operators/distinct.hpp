#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/next_that.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/unordered_set.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx {

/// The stream that `distinct` makes: upstream's items but for those that were there before.
template <async_stream Up, class Key>
class [[nodiscard]] distinct_stream : public stream_interface<distinct_stream<Up, Key>> {
    using key = std::remove_cvref_t<std::invoke_result_t<Key&, const item_t<Up>&>>;
    using set = boost::unordered_set<key>;

public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    distinct_stream(Up up, std::size_t limit, Key of)
        : up_(std::move(up)), limit_(limit), key_(std::move(of)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        return detail::next_that(
            up_, [this](const auto& item) { return is_new(std::invoke(key_, item)); });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    template <class K>
    bool is_new(K&& k) {
        const auto [at, inserted] = seen_.insert(std::forward<K>(k));
        if (!inserted)
            return false;
        if (by_age_.size() < limit_) {
            by_age_.push_back(&*at);
        } else {
            seen_.erase(seen_.find(*std::exchange(by_age_[oldest_], &*at)));
            oldest_ = oldest_ + 1 == limit_ ? 0 : oldest_ + 1;
        }
        return true;
    }

    Up up_;
    std::size_t limit_;
    [[no_unique_address]] Key key_;
    set seen_;
    std::vector<const key*> by_age_; // a ring, once it is full
    std::size_t oldest_ = 0;
};

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
        return distinct_stream<Up, Key>(std::move(up), limit, std::move(key));
    });
}

} // namespace streamx
