#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/fan_in.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/poll.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace streamx {

namespace detail {
template <class Inputs>
class racing final : public fan_in<Inputs> {
public:
    using value_type = typename Inputs::value_type;
    using fan_in<Inputs>::fan_in;

    poll<value_type> try_next() {
        if (winner_)
            return this->inputs.try_next(*winner_);
        while (auto i = this->queue.front()) {
            auto item = this->inputs.try_next(*i);
            if (!item.is_pending()) {
                win(*i);
                return item;
            }
            this->queue.pop();
            this->idle.push_back(*i);
        }
        return this->live == 0 ? poll<value_type>(end) : pending;
    }

    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<racing>& self, const Executor& fallback, Handler handler) {
        if (!self->winner_)
            return fan_in<Inputs>::async_wait(self, fallback, self->live == 0, std::move(handler));
        wait_op<Handler, Executor> op(std::move(handler), fallback);
        self->inputs.visit(
            *self->winner_, [&](auto& input, auto) { input->async_wait(std::move(op)); });
    }

private:
    void win(std::size_t winner) {
        winner_ = winner;
        for (std::size_t i = 0; i != this->inputs.size(); ++i)
            if (i != winner)
                this->retire(i);
    }

    std::optional<std::size_t> winner_;
};
} // namespace detail

/// Is the one of several streams of one `value_type` that first gives an item, ends or fails; the
/// others are released then. Of those that are ready at once the first given wins.
/// @marble  `---1--2-|`, `-a---b---|`  ->  `race`  ->  `-a---b---|`
/// @errors  those of the stream that has won, unchanged
/// @cancels no stream but the one that wins is asked for an item that it has, so none is lost
/// @cost    one allocation for the set; nothing buffered
/// @others  amb (Rx)
template <async_stream S, async_stream... Ss>
[[nodiscard]] auto race(S first, Ss... rest) {
    using inputs = detail::alike_input_tuple<S, Ss...>;
    return detail::fan_in_stream<detail::racing<inputs>>(
        inputs(std::move(first), std::move(rest)...));
}

/// The same for any number of streams of one type; of none it ends at once.
template <async_stream S>
[[nodiscard]] auto race(std::vector<S> streams) {
    using inputs = detail::input_list<S>;
    return detail::fan_in_stream<detail::racing<inputs>>(inputs(std::move(streams)));
}

} // namespace streamx
