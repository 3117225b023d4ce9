#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `cycle` of a range makes.
template <std::ranges::forward_range R>
class [[nodiscard]] cycle_range_stream : public detail::ready_source<cycle_range_stream<R>> {
    static_assert(
        std::constructible_from<std::ranges::range_value_t<R>, std::ranges::range_reference_t<R>>,
        "cycle: the elements are copied each time, and these cannot be");

public:
    using value_type = std::ranges::range_value_t<R>;

    explicit cycle_range_stream(R r) : state_(std::make_unique<state>(std::move(r))) {}

    poll<value_type> try_next() {
        if (state_->next == state_->last) {
            state_->next = std::ranges::begin(state_->range);
            if (state_->next == state_->last)
                return end;
        }
        poll<value_type> item = *state_->next;
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

    std::unique_ptr<state> state_; // iterators into the range stay valid when this moves
};

/// The stream that `cycle` of a stream makes.
template <async_stream S>
class [[nodiscard]] cycle_stream : public stream_interface<cycle_stream<S>> {
public:
    using value_type = item_t<S>;
    using executor_type = executor_t<S>;

    explicit cycle_stream(S s) : first_(std::move(s)), round_(first_) {}

    executor_type get_executor() const noexcept { return first_.get_executor(); }

    poll<value_type> try_next() {
        for (;;) {
            auto item = round_->try_next();
            if (!item.is_end()) {
                gave_ = gave_ || item;
                return item;
            }
            if (!std::exchange(gave_, false)) // or else it would go round for ever
                return end;
            round_.emplace(first_);
        }
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return round_->async_wait(std::forward<Token>(token));
    }

private:
    S first_;
    std::optional<S> round_; // to be made anew also where `S` cannot be assigned
    bool gave_ = false;
};

/// The elements of a range over and over: of a container that the stream owns, or of a view such as
/// `std::span(c)` of one that outlives it. An empty one ends at once.
/// @marble  `cycle(std::vector{1, 2})`  ->  `-1-2-1-2-1-`
/// @errors  what an iterator or copying an element throws
/// @cancels nothing is held, so nothing can be lost
/// @cost    one allocation, a copy an item
/// @others  cycle (futures), repeat (Rx), Source.cycle (Akka)
template <std::ranges::forward_range R>
    requires(!std::is_lvalue_reference_v<R> && !async_stream<R>)
[[nodiscard]] auto cycle(R&& r) {
    return cycle_range_stream<std::remove_const_t<R>>(std::move(r));
}

/// The same from a copy of a container that is given as an lvalue.
template <std::ranges::forward_range R>
    requires(std::copy_constructible<R> && !async_stream<R>)
[[nodiscard]] auto cycle(const R& r) {
    return cycle_range_stream<R>(r);
}

/// The items of a stream that can be copied, over and over: each round is a copy of the stream as
/// it was given. Its first failure fails this; a round without any item ends it.
template <async_stream S>
    requires std::copy_constructible<S>
[[nodiscard]] auto cycle(S stream) {
    return cycle_stream<S>(std::move(stream));
}

} // namespace streamx
