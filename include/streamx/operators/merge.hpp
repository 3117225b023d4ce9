#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/fan_in.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace streamx {

/// The stream that `merge` makes: the items of several streams as they become ready.
template <class Inputs>
class [[nodiscard]] merge_stream : public stream_interface<merge_stream<Inputs>> {
public:
    using value_type = typename Inputs::value_type;
    using executor_type = typename Inputs::executor_type;

    explicit merge_stream(Inputs inputs)
        : executor_(inputs.get_executor()), state_(std::make_shared<state>(std::move(inputs))) {}

    executor_type get_executor() const noexcept { return executor_; }

    poll<value_type> try_next() {
        if (!state_)
            return end;
        try {
            auto item = state_->try_next();
            if (item.is_end())
                state_.reset();
            return item;
        } catch (...) {
            state_.reset();
            throw;
        }
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (const auto& s = self->state_)
                s->async_wait(s, self->executor_, s->live == 0, std::move(handler));
            else
                detail::async_ready(std::move(handler), self->executor_);
        }

        merge_stream* self;
    };

    struct state : detail::fan_in<Inputs> {
        explicit state(Inputs in)
            : detail::fan_in<Inputs>(std::move(in)), live(this->inputs.size()) {}

        poll<value_type> try_next() {
            if (--patience == 0) [[unlikely]]
                ask_again();
            while (auto i = this->queue.front()) {
                auto item = this->inputs.try_next(*i);
                if (item) [[likely]] {
                    this->queue.rotate();
                    return item;
                }
                this->queue.pop();
                if (item.is_end())
                    retire(*i);
                else
                    this->idle.push_back(*i);
            }
            return live == 0 ? poll<value_type>(end) : pending;
        }

        /// Inputs that always have something would keep it from ever waiting for the others.
        void ask_again() noexcept {
            patience = this->inputs.size() + 64;
            for (auto i : this->idle)
                this->queue.push(i);
            this->idle.clear();
        }

        void retire(std::size_t i) {
            this->inputs.visit(i, [](auto& input, auto) { input.reset(); });
            --live;
        }

        std::size_t live;
        std::size_t patience = 64; // pulls until those in `idle` are asked again
    };

    executor_type executor_;
    std::shared_ptr<state> state_;
};

/// Takes turns among several streams of one `value_type`: each item as it becomes ready, fair round
/// robin among those that have one. Ends when all have ended; the first failure ends it.
/// @marble  `-1----2-|`, `--a--b---|`  ->  `merge`  ->  `-1a--b2--|`
/// @errors  the first failure of an input, unchanged; the other inputs are released
/// @cancels as its own wait: no input is asked for an item before there is room for it, so none is
///          lost
/// @cost    one allocation for the set; O(1) an item whatever the number of inputs; nothing
///          buffered
/// @others  select, select_all (futures), merge (Rx), merge (Akka)
template <async_stream S, async_stream... Ss>
[[nodiscard]] auto merge(S first, Ss... rest) {
    return merge_stream(detail::alike_input_tuple<S, Ss...>(std::move(first), std::move(rest)...));
}

/// The same for any number of streams of one type; with none it ends at once.
template <async_stream S>
[[nodiscard]] auto merge(std::vector<S> streams) {
    return merge_stream(detail::input_list<S>(std::move(streams)));
}

} // namespace streamx
