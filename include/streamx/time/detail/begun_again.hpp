#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/time/backoff.hpp>
#include <streamx/time/detail/timer.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace streamx::detail {

/// After what a stream is begun again.
enum class again_after { failure, failure_and_end };

/// A stream that is begun again, some time after it was over, until that has come to nothing too
/// often. An item is a success.
template <async_stream Up>
class [[nodiscard]] begun_again_stream : public stream_interface<begun_again_stream<Up>> {
    static_assert(
        requires(Up& up) { up.begin_again(); },
        "a stream that is over cannot be pulled again, but must be made anew: say "
        "`defer(executor, function_that_makes_it)` before `retry` and `restart`, with the "
        "operators "
        "that are to be begun again inside that function");

public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    begun_again_stream(Up up, backoff_delays delays, again_after when)
        : up_(std::move(up)), delays_(std::move(delays)), when_(when),
          timer_(std::make_shared<timer>(context_of(up_))) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (due_ && timer_->now() < *due_)
            return pending;
        due_.reset();
        std::exception_ptr failure;
        try {
            auto item = up_.try_next();
            if (item)
                delays_.reset();
            if (!item.is_end() || when_ == again_after::failure)
                return item;
        } catch (...) {
            failure = std::current_exception();
        }
        const auto delay = delays_.next();
        if (delay) {
            up_.begin_again(); // what it holds is not kept for as long as that
            due_ = later(timer_->now(), *delay);
            return pending;
        }
        if (failure)
            std::rethrow_exception(std::move(failure));
        return end;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (self->due_)
                timer::async_wait(
                    self->timer_, *self->due_, self->get_executor(), std::move(handler));
            else
                self->up_.async_wait(std::move(handler));
        }

        begun_again_stream* self;
    };

    Up up_;
    backoff_delays delays_;
    again_after when_;
    std::shared_ptr<timer> timer_;
    std::optional<clock::time_point> due_; // when it is begun again
};

inline auto begin_again(const backoff& policy, again_after when) {
    return adaptor([delays = backoff_delays(policy), when]<async_stream Up>(Up up) {
        return begun_again_stream<Up>(std::move(up), delays, when);
    });
}

} // namespace streamx::detail
