#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/fan_in.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/poll.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace streamx {

namespace detail {
template <class Inputs, class Less>
class sorted final : public fan_in<Inputs> {
public:
    using value_type = typename Inputs::value_type;

    sorted(Inputs in, Less less)
        : fan_in<Inputs>(std::move(in)), less_(std::move(less)), heads_(this->inputs.size()) {
        order_.reserve(heads_.size());
    }

    poll<value_type> try_next() {
        while (auto i = this->queue.front()) {
            auto item = this->inputs.try_next(*i);
            this->queue.pop();
            if (item) {
                heads_[*i].emplace(*std::move(item));
                order_.push_back(*i);
                std::push_heap(order_.begin(), order_.end(), behind());
            } else if (item.is_end())
                this->retire(*i);
            else
                this->idle.push_back(*i);
        }
        if (order_.size() != this->live)
            return pending;
        if (order_.empty())
            return end;
        std::pop_heap(order_.begin(), order_.end(), behind());
        const auto i = order_.back();
        order_.pop_back();
        this->queue.push(i);
        return *std::exchange(heads_[i], std::nullopt);
    }

    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<sorted>& self, const Executor& fallback, Handler handler) {
        fan_in<Inputs>::async_wait(
            self, fallback, self->order_.size() == self->live, std::move(handler));
    }

private:
    /// Whether one head comes after another; of equal ones that of the later input does.
    auto behind() {
        return [this](std::size_t a, std::size_t b) {
            if (std::invoke(less_, std::as_const(*heads_[b]), std::as_const(*heads_[a])))
                return true;
            return b < a &&
                   !std::invoke(less_, std::as_const(*heads_[a]), std::as_const(*heads_[b]));
        };
    }

    [[no_unique_address]] Less less_;
    std::vector<std::optional<value_type>> heads_;
    std::vector<std::size_t> order_; // a heap of those that have a head
};
} // namespace detail

/// Merges several sorted streams of one `value_type` into a sorted one: of the next items of all the
/// least; of equal ones the one of the first stream. It waits until all have an item or have ended.
/// By `less(a, b)`, or else `<`.
/// @marble  `-1--4-----|`, `--2-3-5---|`  ->  `merge_sorted`  ->  `--1-(23)-4---(5|)`
/// @errors  the first failure of an input, unchanged; what the comparison throws
/// @cancels the items that have come stay for the next pull
/// @cost    one allocation for the set; one item of each stream is held; O(log n) comparisons an item
/// @others  merge (ranges), mergeSorted (Akka)
template <class Less, async_stream S, async_stream... Ss>
    requires(!async_stream<Less>)
[[nodiscard]] auto merge_sorted(Less less, S first, Ss... rest) {
    using inputs = detail::alike_input_tuple<S, Ss...>;
    return detail::fan_in_stream<detail::sorted<inputs, Less>>(
        inputs(std::move(first), std::move(rest)...), std::move(less));
}

template <async_stream S, async_stream... Ss>
[[nodiscard]] auto merge_sorted(S first, Ss... rest) {
    return merge_sorted(std::less<>(), std::move(first), std::move(rest)...);
}

/// The same for any number of streams of one type; of none it ends at once.
template <async_stream S, class Less = std::less<>>
[[nodiscard]] auto merge_sorted(std::vector<S> streams, Less less = {}) {
    using inputs = detail::input_list<S>;
    return detail::fan_in_stream<detail::sorted<inputs, Less>>(
        inputs(std::move(streams)), std::move(less));
}

} // namespace streamx
