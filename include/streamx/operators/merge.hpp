#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/detail/ready_queue.hpp>
#include <streamx/core/detail/untracked.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
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
            if (!self->state_)
                return detail::async_ready(std::move(handler), self->executor_);
            auto s = self->state_;
            auto ex = detail::executor_for(handler, self->executor_);
            s->watch(s, ex);
            detail::async_wait_on(
                std::shared_ptr<ready_gate>(s, &s->ready), ex, std::move(handler));
        }

        merge_stream* self;
    };

    using ready_gate = detail::gate<std::mutex>;

    struct state {
        explicit state(Inputs in)
            : inputs(std::move(in)), queue(inputs.size()), live(inputs.size()) {
            idle.reserve(live);
        }

        poll<value_type> try_next() {
            if (--patience == 0) [[unlikely]]
                ask_again();
            while (auto i = queue.front()) {
                auto item = inputs.try_next(*i);
                if (item) [[likely]] {
                    queue.rotate();
                    return item;
                }
                queue.pop();
                if (item.is_end())
                    retire(*i);
                else
                    idle.push_back(*i);
            }
            return live == 0 ? poll<value_type>(end) : pending;
        }

        /// Inputs that always have something would keep it from ever waiting for the others.
        void ask_again() noexcept {
            patience = inputs.size() + 64;
            for (auto i : idle)
                queue.push(i);
            idle.clear();
        }

        void retire(std::size_t i) {
            inputs.visit(i, [](auto& input) { input.reset(); });
            --live;
        }

        /// Waits for every input that was found pending since the last time.
        template <class Executor>
        static void watch(const std::shared_ptr<state>& s, const Executor& ex) {
            if (s->live == 0 || s->queue.any())
                s->ready.wake();
            while (!s->idle.empty()) {
                const auto i = s->idle.back();
                s->idle.pop_back();
                s->inputs.visit(
                    i, [&](auto& input) { input->async_wait(input_ready<Executor>{s, i, ex}); });
            }
        }

        Inputs inputs;
        detail::ready_queue queue;     // whose turn it is, round robin
        std::vector<std::size_t> idle; // pending, and not waited for yet
        std::size_t live;
        std::size_t patience = 64; // pulls until those in `idle` are asked again
        ready_gate ready;
    };

    /// What the wait of one input completes with. It says which input; the gate wakes who waits for
    /// any. It outlasts that wait and so must not count as work.
    template <class Executor>
    struct input_ready {
        using executor_type = detail::untracked<Executor>;
        executor_type get_executor() const noexcept { return executor_type(ex); }

        void operator()(error_code ec) {
            if (auto s = merged.lock()) {
                s->queue.arrive(index, ec);
                s->ready.wake();
            }
        }

        std::weak_ptr<state> merged;
        std::size_t index;
        Executor ex;
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
template <async_stream S, async_stream... Ss>
[[nodiscard]] auto merge(S first, Ss... rest) {
    return merge_stream(detail::input_tuple<S, Ss...>(std::move(first), std::move(rest)...));
}

/// The same for any number of streams of one type; with none it ends at once.
template <async_stream S>
[[nodiscard]] auto merge(std::vector<S> streams) {
    return merge_stream(detail::input_list<S>(std::move(streams)));
}

} // namespace streamx
