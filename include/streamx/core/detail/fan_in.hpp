#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/detail/ready_queue.hpp>
#include <streamx/core/detail/state_stream.hpp>
#include <streamx/core/detail/untracked.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace streamx::detail {

/// The inputs of an operator that listens to several at once, and which of them are worth trying.
/// Each input is in one of three places: in `queue`, in `idle` (found pending, to be waited for) or
/// with its operator, which holds an item of it or has released it.
template <class Inputs>
class fan_in {
public:
    using inputs_type = Inputs;
    using executor_type = typename Inputs::executor_type;

    explicit fan_in(Inputs in) : inputs(std::move(in)), queue(inputs.size()), live(inputs.size()) {
        idle.reserve(inputs.size());
    }

    /// Call it in each pull. Inputs that always have something would keep the operator from ever
    /// waiting for the others: these are asked again after some pulls.
    void next_pull() noexcept {
        if (--patience_ == 0) [[unlikely]] {
            patience_ = inputs.size() + 64;
            ask_again();
        }
    }

    /// Those in `idle` are worth trying as well.
    void ask_again() noexcept {
        for (auto i : idle)
            queue.push(i);
        idle.clear();
    }

    /// Releases an input, which is in neither of the two.
    void retire(std::size_t i) {
        inputs.visit(i, [](auto& input, auto) { input.reset(); });
        --live;
    }

    /// Called when nobody will pull any more: nothing that outlasts this has been begun.
    void stop() noexcept {}

    /// Waits until an input is worth trying or `ready_now`: on the executor that the handler runs
    /// on. The waits of the inputs outlast this one, and are not begun twice.
    template <class Executor, class Handler>
    static void async_wait(
        const std::shared_ptr<fan_in>& self,
        const Executor& fallback,
        bool ready_now,
        Handler handler) {
        auto ex = executor_for(handler, fallback);
        if (ready_now || self->queue.any())
            self->ready_.wake();
        while (!self->idle.empty()) {
            const auto i = self->idle.back();
            self->idle.pop_back();
            self->inputs.visit(i, [&](auto& input, auto) {
                input->async_wait(input_ready<decltype(ex)>(self, i, ex));
            });
        }
        async_wait_on(
            std::shared_ptr<gate<std::mutex>>(self, &self->ready_), ex, std::move(handler));
    }

    Inputs inputs;
    ready_queue queue;
    std::vector<std::size_t> idle;
    std::size_t live; // how many have not been released

private:
    /// What the wait of one input completes with. It says which input; the gate wakes who waits for
    /// any. It outlasts that wait and so must not count as work. When its context goes it is
    /// destroyed instead: then the input is not waited for any more, and worth another try.
    template <class Executor>
    class input_ready {
    public:
        using executor_type = untracked<Executor>;
        executor_type get_executor() const noexcept { return executor_type(ex_); }

        input_ready(std::weak_ptr<fan_in> inputs, std::size_t i, const Executor& ex)
            : inputs_(std::move(inputs)), index_(i), ex_(ex) {}
        input_ready(input_ready&&) = default;
        input_ready& operator=(input_ready&&) = delete;
        ~input_ready() { (*this)({}); }

        void operator()(error_code ec) {
            if (auto alive = std::exchange(inputs_, {}).lock()) {
                alive->queue.arrive(index_, ec);
                alive->ready_.wake();
            }
        }

    private:
        std::weak_ptr<fan_in> inputs_;
        std::size_t index_;
        Executor ex_;
    };

    gate<std::mutex> ready_;
    std::size_t patience_ = 64; // pulls until those in `idle` are asked again
};

/// The stream of an operator whose `State` is a `fan_in`.
template <class State, class... Args>
auto fan_in_stream(typename State::inputs_type inputs, Args&&... args) {
    auto ex = inputs.get_executor();
    return state_stream<State>(
        std::move(ex), std::make_shared<State>(std::move(inputs), std::forward<Args>(args)...));
}

} // namespace streamx::detail
