#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/time/backoff.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

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
          pause_(std::make_shared<pause>(context_of(up_))) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (due_ && pause_->now() < *due_)
            return pending;
        due_.reset();
        std::exception_ptr failure;
        try {
            if (const auto ec = std::exchange(pause_->wait_failed, {}))
                throw boost::system::system_error(ec, "async_wait");
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
            due_ = later(pause_->now(), *delay);
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
    /// The timer between two attempts, and what the wait for upstream has failed with.
    struct pause : timer {
        using timer::timer;
        error_code wait_failed;
    };

    /// A wait that fails is a failure like any other, for the next pull to find. One that was aborted
    /// is not: somebody wanted that, or upstream is gone. Nor is one too many.
    template <class Handler>
    struct attempt_op : wait_op<Handler, executor_type> {
        attempt_op(Handler handler, const executor_type& ex, std::weak_ptr<pause> p)
            : wait_op<Handler, executor_type>(std::move(handler), ex), between(std::move(p)) {}

        void operator()(error_code ec) {
            if (ec && ec != asio::error::operation_aborted && ec != errc::operation_in_progress)
                if (const auto alive = between.lock())
                    alive->wait_failed = std::exchange(ec, {});
            std::move(this->handler())(ec);
        }

        std::weak_ptr<pause> between;
    };

    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            const auto ex = self->get_executor();
            if (self->due_)
                timer::async_wait(self->pause_, *self->due_, ex, std::move(handler));
            else
                self->up_.async_wait(attempt_op<Handler>(std::move(handler), ex, self->pause_));
        }

        begun_again_stream* self;
    };

    Up up_;
    backoff_delays delays_;
    again_after when_;
    own_ptr<pause> pause_;
    std::optional<clock::time_point> due_; // when it is begun again
};

inline auto begin_again(const backoff& policy, again_after when) {
    return adaptor([delays = backoff_delays(policy), when]<async_stream Up>(Up up) {
        return begun_again_stream<Up>(std::move(up), delays, when);
    });
}

} // namespace streamx::detail
