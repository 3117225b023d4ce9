#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/fan_in.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/poll.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace streamx {

namespace detail {
template <class Inputs>
class by_priority final : public fan_in<Inputs> {
public:
    using value_type = typename Inputs::value_type;

    explicit by_priority(Inputs in)
        : fan_in<Inputs>(std::move(in)), askable_(this->inputs.size(), false) {}

    poll<value_type> try_next() {
        this->ask_again();
        while (auto i = this->queue.front()) {
            askable_[*i] = true;
            this->queue.pop();
        }
        more_ = false;
        for (std::size_t i = 0; i != askable_.size(); ++i) {
            if (!askable_[i])
                continue;
            auto item = this->inputs.try_next(i);
            if (item) {
                more_ = true;
                return item;
            }
            askable_[i] = false;
            if (item.is_end())
                this->retire(i);
            else
                this->idle.push_back(i);
        }
        return this->live == 0 ? poll<value_type>(end) : pending;
    }

    template <class Executor, class Handler>
    static void async_wait(
        const std::shared_ptr<by_priority>& self, const Executor& fallback, Handler handler) {
        fan_in<Inputs>::async_wait(
            self, fallback, self->more_ || self->live == 0, std::move(handler));
    }

private:
    std::vector<bool> askable_; // neither in the queue, nor idle, nor waited for, nor released
    bool more_ = false;         // some are
};
} // namespace detail

/// Merges several streams of one `value_type`, of which the first comes first: each item is from the
/// first of them that has one now. One that always has something keeps those behind it waiting for
/// ever. Ends when all have ended; the first failure ends it.
/// @marble  `-1-2---3-|`, `-a-b-----|`  ->  `merge_prioritized`, pulled every 2  ->  `-1-2-a-3-b-|`
/// @errors  the first failure of an input, unchanged; the other inputs are released
/// @cancels as its own wait: no input is asked for an item before there is room for it, so none is
///          lost
/// @cost    one allocation for the set; an item costs as many questions as streams before its own
///          have nothing; nothing buffered
/// @others  select_with_strategy (futures), mergePreferred (Akka)
template <async_stream S, async_stream... Ss>
[[nodiscard]] auto merge_prioritized(S first, Ss... rest) {
    using inputs = detail::alike_input_tuple<S, Ss...>;
    return detail::fan_in_stream<detail::by_priority<inputs>>(
        inputs(std::move(first), std::move(rest)...));
}

/// The same for any number of streams of one type; of none it ends at once.
template <async_stream S>
[[nodiscard]] auto merge_prioritized(std::vector<S> streams) {
    using inputs = detail::input_list<S>;
    return detail::fan_in_stream<detail::by_priority<inputs>>(inputs(std::move(streams)));
}

} // namespace streamx
