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

/// The stream that `after` makes.
template <class Executor>
class [[nodiscard]] after_stream : public stream_interface<after_stream<Executor>> {
public:
    using value_type = std::size_t;
    using executor_type = Executor;

    after_stream(Executor ex, clock_service::duration length)
        : executor_(std::move(ex)), length_(length),
          timer_(std::make_shared<detail::timer>(detail::context_of(*this))) {}

    executor_type get_executor() const noexcept { return executor_; }

    poll<std::size_t> try_next() {
        if (given_)
            return end;
        const auto now = timer_->now();
        if (!due_)
            due_ = detail::later(now, length_);
        if (now < *due_)
            return pending;
        given_ = true;
        return std::size_t(0);
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
                self->due_.value_or(clock_service::time_point::min()),
                self->executor_,
                std::move(handler));
        }

        after_stream* self;
    };

    Executor executor_;
    clock_service::duration length_;
    detail::own_ptr<detail::timer> timer_;
    std::optional<clock_service::time_point> due_; // from the first pull on
    bool given_ = false;
};

/// Gives one item, a 0, so long after the first pull, and ends. With a `length` of 0 it comes at once.
/// Throws `std::invalid_argument` if `length` is negative.
/// @marble  `after(executor, 3s)`  ->  `---(0|)`
/// @errors  `operation_aborted` if the executor's context goes
/// @cancels nothing is taken, so nothing is lost
/// @cost    one allocation; nothing buffered
/// @others  timer (Rx)
template <class Executor>
[[nodiscard]] after_stream<Executor> after(Executor ex, clock_service::duration length) {
    return {std::move(ex), detail::not_negative(length, "after: length must not be negative")};
}

} // namespace streamx
