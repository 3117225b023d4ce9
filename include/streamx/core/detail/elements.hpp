#pragma once

#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/hot.hpp>
#include <streamx/core/poll.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <ranges>
#include <utility>

namespace streamx::detail {

/// The element at `next`: moved out of a container, copied out of a view (whose elements are
/// somebody else's).
template <class R, class Iterator>
poll<std::ranges::range_value_t<R>> take_element(const Iterator& next) {
    if constexpr (std::ranges::view<R>)
        return *next;
    else
        return std::ranges::iter_move(next);
}

/// The elements of a range one by one.
template <std::ranges::input_range R>
class elements {
public:
    using value_type = std::ranges::range_value_t<R>;

    explicit elements(R range) : state_(std::make_unique<state>(std::move(range))) {}

    bool empty() const { return !state_ || state_->next == state_->last; }

    poll<value_type> try_next() {
        if (empty())
            return end;
        auto item = take_element<R>(state_->next);
        ++state_->next;
        return item;
    }

    template <class Take>
    [[gnu::always_inline]] halt each_ready(Take&& take) {
        for (unsigned left = budget; !empty(); --left) {
            if (left == 0) [[unlikely]]
                return halt::spent;
            auto item = take_element<R>(state_->next);
            ++state_->next;
            if (!take(*std::move(item))) [[unlikely]]
                return halt::asked;
        }
        return halt::end;
    }

private:
    struct state {
        explicit state(R r)
            : range(std::move(r)), next(std::ranges::begin(range)), last(std::ranges::end(range)) {}
        R range;
        std::ranges::iterator_t<R> next;
        std::ranges::sentinel_t<R> last;
    };

    std::unique_ptr<state> state_; // iterators into the range stay valid when this moves
};

/// The same without an allocation, where an element can be found by its index.
template <std::ranges::random_access_range R>
    requires std::ranges::sized_range<R>
class elements<R> {
public:
    using value_type = std::ranges::range_value_t<R>;

    explicit elements(R range)
        : range_(std::move(range)), left_(static_cast<std::size_t>(std::ranges::size(range_))) {}
    elements(elements&& other) noexcept
        : range_(std::move(other.range_)), next_(other.next_),
          left_(std::exchange(other.left_, 0)) {}
    elements& operator=(elements&& other) noexcept {
        range_ = std::move(other.range_);
        next_ = other.next_;
        left_ = std::exchange(other.left_, 0);
        return *this;
    }

    bool empty() const noexcept { return left_ == 0; }

    poll<value_type> try_next() {
        if (left_ == 0)
            return end;
        --left_;
        return take_element<R>(std::ranges::begin(range_) + next_++);
    }

    template <class Take>
    [[gnu::always_inline]] halt each_ready(Take&& take) {
        const auto first = std::ranges::begin(range_);
        hot next(next_);
        hot left(left_);
        for (const auto last = *left - std::min<std::size_t>(*left, budget); *left != last;) {
            --*left;
            if (!take(*take_element<R>(first + (*next)++))) [[unlikely]]
                return halt::asked;
        }
        return *left == 0 ? halt::end : halt::spent;
    }

private:
    R range_;
    std::ranges::range_difference_t<R> next_ = 0;
    std::size_t left_;
};

} // namespace streamx::detail
