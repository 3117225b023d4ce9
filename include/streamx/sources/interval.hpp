#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/timer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace streamx {

/// What becomes of an `interval`'s ticks for which its consumer was late.
enum class missed_tick {
    burst, ///< they come one after the other, as soon as they are asked for
    delay, ///< one comes, and a whole period passes before the next
    skip   ///< one comes, and the next when it would have come anyway
};

/// The stream that `interval` makes.
template <class Executor>
class [[nodiscard]] interval_stream : public stream_interface<interval_stream<Executor>> {
public:
    using value_type = std::size_t;
    using executor_type = Executor;

    interval_stream(Executor ex, clock_service::duration period, missed_tick missed)
        : executor_(std::move(ex)), period_(period), missed_(missed),
          timer_(std::make_shared<detail::timer>(detail::context_of(*this))) {}

    executor_type get_executor() const noexcept { return executor_; }

    poll<std::size_t> try_next() {
        const auto now = timer_->now();
        if (!next_)
            next_ = detail::later(now, period_);
        if (now < *next_)
            return pending;
        const auto tick = ticks_++;
        if (missed_ == missed_tick::delay)
            next_ = now;
        if (missed_ == missed_tick::skip) {
            const auto missed = (now - *next_) / period_;
            *next_ += missed * period_;
            ticks_ += static_cast<std::size_t>(missed);
        }
        next_ = detail::later(*next_, period_);
        return tick;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            detail::timer::async_wait(
                self->timer_,
                self->next_.value_or(clock_service::time_point::min()),
                self->executor_,
                std::move(handler));
        }

        interval_stream* self;
    };

    Executor executor_;
    clock_service::duration period_;
    missed_tick missed_;
    detail::own_ptr<detail::timer> timer_;
    std::optional<clock_service::time_point> next_; // from the first pull on
    std::size_t ticks_ = 0;
};

/// Ticks for ever: the numbers 0, 1, 2, ..., the first a period after the first pull. For a consumer
/// that is late `missed` says what becomes of the ticks meanwhile; those that are skipped are counted.
/// Throws `std::invalid_argument` if `period` is not positive.
/// @marble  `interval(executor, 2s)`  ->  `--0-1-2-`
/// @errors  `operation_aborted` if the executor's context goes
/// @cancels no tick is taken, so none is lost
/// @cost    one allocation; nothing buffered
/// @others  interval (Rx), Source.tick (Akka)
template <class Executor>
[[nodiscard]] interval_stream<Executor>
interval(Executor ex, clock_service::duration period, missed_tick missed = missed_tick::burst) {
    return {std::move(ex), detail::positive(period, "interval: period must be positive"), missed};
}

} // namespace streamx
