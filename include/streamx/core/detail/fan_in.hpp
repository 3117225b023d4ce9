#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/detail/ready_queue.hpp>
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
    explicit fan_in(Inputs in) : inputs(std::move(in)), queue(inputs.size()) {
        idle.reserve(inputs.size());
    }

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
};

} // namespace streamx::detail
