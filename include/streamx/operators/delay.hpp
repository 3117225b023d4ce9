#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/timer.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace streamx {

/// The stream that `delay` makes: upstream's items, each held for a while.
template <async_stream Up>
class [[nodiscard]] delay_stream : public stream_interface<delay_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    delay_stream(Up up, clock_service::duration length)
        : up_(std::move(up)), length_(length),
          timer_(std::make_shared<detail::timer>(detail::context_of(up_))) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (!held_) {
            auto item = up_.try_next();
            if (!item)
                return item;
            held_.emplace(*std::move(item));
            due_ = detail::later(timer_->now(), length_);
        }
        if (timer_->now() < due_)
            return pending;
        return *std::exchange(held_, std::nullopt);
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (self->held_)
                detail::timer::async_wait(
                    self->timer_, self->due_, self->get_executor(), std::move(handler));
            else
                self->up_.async_wait(std::move(handler));
        }

        delay_stream* self;
    };

    Up up_;
    clock_service::duration length_;
    detail::own_ptr<detail::timer> timer_;
    std::optional<value_type> held_;
    clock_service::time_point due_; // of what is held
};

/// Holds each item for so long before it passes it on, one at a time: the next one is not asked for
/// before. The end and a failure are not delayed. With 0 it passes them on as they come.
/// Throws `std::invalid_argument` if `length` is negative.
/// @marble  `-1-----2-|`  ->  `delay(2s)`  ->  `---1-----(2|)`
/// @errors  upstream's, unchanged
/// @cancels the item that is held stays for the next pull, and its time goes on
/// @cost    one allocation; one item held; O(log n) an item where n timers are set
/// @others  delayElements (Rx), delay (Akka)
[[nodiscard]] inline auto delay(clock_service::duration length) {
    detail::not_negative(length, "delay: length must not be negative");
    return adaptor(
        [length]<async_stream Up>(Up up) { return delay_stream<Up>(std::move(up), length); });
}

} // namespace streamx
