#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/error.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace streamx::detail {

/// A gate that is also woken at a time. It is part of shared state. It is set only while somebody
/// waits on it: one that is left alone keeps no context running.
class timer : public std::enable_shared_from_this<timer> {
public:
    explicit timer(asio::execution_context& context) : timer(clock::of(context)) {}
    explicit timer(std::shared_ptr<clock> c) noexcept : clock_(std::move(c)) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer() { clock_->unset(*this, wait_); }

    clock::time_point now() const noexcept { return clock_->now(); }

    /// Wakes who waits before it is time.
    void wake(error_code ec = {}) { gate_.wake(ec); }

    /// Waits until that time (the last one there is: for ever) or `wake`. A stream that is over has
    /// no timer any more, and nothing to wait for.
    template <class Executor, class Handler>
    static void async_wait(
        const std::shared_ptr<timer>& self,
        clock::time_point until,
        const Executor& fallback,
        Handler handler) {
        if (!self)
            return async_ready(std::move(handler), fallback);
        unsigned wait = 0;
        if (until != clock::time_point::max())
            wait = self->clock_->set(*self, until); // first: who is parked may be woken at once
        async_wait_on(
            std::shared_ptr<gate<std::mutex>>(self, &self->gate_),
            fallback,
            timed_op<Handler, Executor>(std::move(handler), fallback, {self, wait}));
    }

private:
    friend class clock;

    /// Unsets a timer when the wait is over, however that comes about; unless another has set it since.
    class unset_at_end {
    public:
        unset_at_end(std::weak_ptr<timer> t, unsigned wait) noexcept
            : timer_(std::move(t)), wait_(wait) {}
        unset_at_end(unset_at_end&&) = default;
        unset_at_end& operator=(unset_at_end&&) = delete;
        ~unset_at_end() { now(); }

        void now() noexcept {
            if (auto alive = std::exchange(timer_, {}).lock())
                alive->clock_->unset(*alive, wait_);
        }

    private:
        std::weak_ptr<timer> timer_;
        unsigned wait_;
    };

    template <class Handler, class Executor>
    struct timed_op : bound_handler<Handler, Executor> {
        timed_op(Handler handler, const Executor& fallback, unset_at_end at_end)
            : bound_handler<Handler, Executor>(std::move(handler), fallback),
              unset(std::move(at_end)) {}

        void operator()(error_code ec) {
            unset.now();
            std::move(this->handler())(ec);
        }

        unset_at_end unset;
    };

    void ring(error_code ec) {
        if (auto alive = weak_from_this().lock()) // it may die by this, or be dying
            gate_.wake(ec);
    }

    std::shared_ptr<clock> clock_;
    clock::queue::iterator place_; // of these four the clock takes care, under its lock
    clock::queue::node_type spare_;
    unsigned wait_ = 0; // the last one that has set it
    bool set_ = false;
    gate<std::mutex> gate_;
};

/// The context whose clock a stream goes by.
template <class S>
asio::execution_context& context_of(const S& s) {
    static_assert(
        !std::is_same_v<executor_t<S>, no_executor>,
        "this operator goes by a clock, which is that of the stream's executor, and the stream has "
        "none: give it one with `| streamx::on(executor)` before the operator");
    return asio::query(s.get_executor(), asio::execution::context);
}

} // namespace streamx::detail
