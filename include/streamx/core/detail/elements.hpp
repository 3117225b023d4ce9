#pragma once

#include <streamx/core/poll.hpp>

#include <memory>
#include <ranges>
#include <utility>

namespace streamx::detail {

/// The elements of a range one by one: moved out of a container, copied out of a view (whose
/// elements are somebody else's).
template <std::ranges::input_range R>
class elements {
public:
    using value_type = std::ranges::range_value_t<R>;

    explicit elements(R range) : state_(std::make_unique<state>(std::move(range))) {}

    poll<value_type> try_next() {
        if (!state_ || state_->next == state_->last)
            return end;
        poll<value_type> item = take();
        ++state_->next;
        return item;
    }

private:
    struct state {
        explicit state(R r)
            : range(std::move(r)), next(std::ranges::begin(range)), last(std::ranges::end(range)) {}
        R range;
        std::ranges::iterator_t<R> next;
        std::ranges::sentinel_t<R> last;
    };

    poll<value_type> take() {
        if constexpr (std::ranges::view<R>)
            return *state_->next;
        else
            return std::ranges::iter_move(state_->next);
    }

    std::unique_ptr<state> state_; // iterators into the range stay valid when this moves
};

} // namespace streamx::detail
