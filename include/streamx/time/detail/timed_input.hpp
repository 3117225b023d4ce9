#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/untracked.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/system/system_error.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace streamx::detail {

/// The upstream of an operator that waits for it and for a time at once. It is shared state, as the
/// wait for upstream may outlast that of the operator, and is not begun twice.
template <class Up>
class timed_input : public timer {
public:
    explicit timed_input(Up up) : timer(context_of(up)), up_(std::move(up)) {}

    /// Asks upstream, unless it is being waited for. After its end or failure it is not asked again,
    /// and let go of.
    poll<item_t<Up>> try_next() {
        if (waiting_.load(std::memory_order_acquire))
            return pending;
        try {
            if (failure_)
                throw boost::system::system_error(failure_, "async_wait");
            auto item = up_->try_next();
            if (item.is_end())
                up_.reset();
            return item;
        } catch (...) {
            up_.reset();
            throw;
        }
    }

    /// Calls `take(item&&)` with one item after another as long as it is true. The end and a failure
    /// are remembered, and told by `finish`.
    template <class Take>
    void each_ready(Take&& take) {
        try {
            for (unsigned left = budget; left != 0 && up_; --left) {
                auto item = try_next();
                if (!item || !take(*std::move(item)))
                    return;
            }
        } catch (...) {
            last_ = std::current_exception();
            up_.reset(); // also when it is `take` that has failed
        }
    }

    bool over() const noexcept { return !up_; }

    /// What remains to be told when it is over: the failure, or the end.
    end_t finish() {
        if (last_)
            std::rethrow_exception(std::exchange(last_, nullptr));
        return end;
    }

    /// Waits for upstream, unless it is over, and until that time.
    template <class Executor, class Handler>
    static void async_wait(
        const std::shared_ptr<timed_input>& self,
        clock::time_point until,
        const Executor& fallback,
        Handler handler) {
        if (self && self->up_ && !self->waiting_.exchange(true, std::memory_order_relaxed)) {
            auto ex = executor_for(handler, fallback);
            self->up_->async_wait(arrival<decltype(ex)>(self, ex));
        }
        // What is left to be told when it is over is not waited for.
        timer::async_wait(
            self,
            self && self->over() ? clock::time_point::min() : until,
            fallback,
            std::move(handler));
    }

private:
    /// What the wait for upstream completes with. It outlasts that of the operator and so must not
    /// count as work. When its context goes it is destroyed instead: then upstream is not waited for
    /// any more, and worth another try.
    template <class Executor>
    class arrival {
    public:
        using executor_type = untracked<Executor>;
        executor_type get_executor() const noexcept { return executor_type(ex_); }

        arrival(std::weak_ptr<timed_input> input, const Executor& ex)
            : input_(std::move(input)), ex_(ex) {}
        arrival(arrival&&) = default;
        arrival& operator=(arrival&&) = delete;
        ~arrival() { (*this)({}); }

        void operator()(error_code ec) {
            if (auto alive = std::exchange(input_, {}).lock())
                alive->arrive(ec);
        }

    private:
        std::weak_ptr<timed_input> input_;
        Executor ex_;
    };

    void arrive(error_code ec) {
        failure_ = ec;
        waiting_.store(false, std::memory_order_release);
        wake();
    }

    std::optional<Up> up_; // until it is over
    std::atomic<bool> waiting_ = false;
    error_code failure_; // of the wait
    std::exception_ptr last_;
};

} // namespace streamx::detail
