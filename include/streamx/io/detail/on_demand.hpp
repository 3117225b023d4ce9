#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <memory>
#include <utility>

namespace streamx::io::detail {

/// Base of the state of a stream whose items are brought by one operation after another, each begun
/// only while somebody waits for what it brings.
///
/// `Derived` has `get_executor()`; `ready()`, whether `try_next` is worth calling as it is;
/// `start(handler)`, which begins the operation; and `came(results...)`, which is called with its
/// results and says `arrived()` if there is something to take, or else `go_on()`.
///
/// A wait that is cancelled leaves nothing behind: the operation is asked to stop if that has no effect
/// (`total`), and what it brings nevertheless is there for the next wait.
template <class Derived, class Executor>
class on_demand : public std::enable_shared_from_this<Derived> {
    using gate = streamx::detail::gate<streamx::detail::null_lock>;

public:
    using executor_type = Executor;

    template <class Handler>
    void async_wait(Handler handler) {
        if (derived().ready())
            return streamx::detail::async_ready(std::move(handler), derived().get_executor());
        wait_op<Handler> op(std::move(handler), derived().get_executor(), this->weak_from_this());
        if (waiting_) {
            auto ex = op.get_executor();
            auto allocator = op.get_allocator();
            return streamx::detail::post_to(ex, allocator, [op = std::move(op)]() mutable {
                std::move(op.handler())(errc::operation_in_progress);
            });
        }
        waiting_ = true;
        if (!running_)
            begin();
        if constexpr (requires { derived().wait_begins(); })
            derived().wait_begins();
        streamx::detail::async_wait_on(
            std::shared_ptr<gate>(this->shared_from_this(), &gate_),
            derived().get_executor(),
            std::move(op));
    }

    /// Nobody will ask any more.
    void detach() {
        detached_ = true;
        waiting_ = false;
        gate_.abort();
        stop();
        if constexpr (requires { derived().left(); })
            derived().left();
    }

protected:
    on_demand() = default;
    ~on_demand() = default;

    bool waiting() const noexcept { return waiting_; }
    void arrived() { gate_.wake(); }
    /// For who waits still: perhaps the operation was stopped with a wait that is over.
    void go_on() {
        if (waiting_)
            begin();
    }
    /// Stops what runs, for good.
    void stop() { tell(asio::cancellation_type::terminal); }

private:
    template <class Handler>
    struct wait_op : streamx::detail::bound_handler<Handler, executor_type> {
        wait_op(Handler handler, const executor_type& ex, std::weak_ptr<Derived> d)
            : streamx::detail::bound_handler<Handler, executor_type>(std::move(handler), ex),
              weak(std::move(d)) {}

        void operator()(error_code ec) {
            if (const auto alive = std::exchange(weak, {}).lock())
                alive->wait_is_over(ec);
            std::move(this->handler())(ec);
        }

        std::weak_ptr<Derived> weak;
    };

    /// Runs on the executor of what it is given to: to name that here would have Asio keep it twice.
    struct running_op {
        using cancellation_slot_type = asio::cancellation_slot;
        cancellation_slot_type get_cancellation_slot() const noexcept { return self->stop_.slot(); }

        explicit running_op(std::shared_ptr<Derived> d) noexcept : self(std::move(d)) {}
        running_op(running_op&&) = default;
        running_op& operator=(running_op&&) = delete;
        ~running_op() {
            if (self)
                self->running_ = false; // it went with its context
        }

        template <class... Results>
        void operator()(Results&&... results) {
            const auto alive = std::move(self);
            alive->running_ = false;
            alive->stop_.slot().clear();
            if (!alive->detached_)
                alive->came(std::forward<Results>(results)...);
        }

        std::shared_ptr<Derived> self;
    };

    void begin() {
        running_ = true;
        derived().start(running_op{this->shared_from_this()});
    }

    /// Posted, as Asio 1.81 reaches for a coroutine that is over meanwhile when it is told from elsewhere.
    void tell(asio::cancellation_type how) {
        if (!running_)
            return;
        streamx::detail::post_to(
            derived().get_executor(), std::allocator<void>(), [weak = this->weak_from_this(), how] {
                const auto alive = weak.lock();
                if (!alive || !alive->running_)
                    return;
                if (how == asio::cancellation_type::terminal || !alive->waiting_)
                    alive->stop_.emit(how);
            });
    }

    void wait_is_over(error_code ec) {
        waiting_ = false;
        if (ec == asio::error::operation_aborted && !detached_)
            tell(asio::cancellation_type::total);
        if constexpr (requires { derived().wait_ends(); })
            derived().wait_ends();
    }

    Derived& derived() noexcept { return static_cast<Derived&>(*this); }

    asio::cancellation_signal stop_;
    gate gate_;
    bool running_ = false; // at the end there is room behind them, for what `Derived` begins with
    bool waiting_ = false;
    bool detached_ = false;
};

/// The `async_wait` of such a stream.
template <class State>
struct initiate_on_demand {
    using executor_type = typename State::executor_type;
    executor_type get_executor() const noexcept { return state->get_executor(); }

    template <class Handler>
    void operator()(Handler handler) const {
        state->async_wait(std::move(handler));
    }

    State* state;
};

template <class State, class Token>
auto async_wait_on_demand(State& state, Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(initiate_on_demand<State>{&state}, token);
}

} // namespace streamx::io::detail
