#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/detail/state_stream.hpp>
#include <streamx/core/detail/untracked.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/checked_length.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace streamx {

namespace detail {
/// One wait for the time, which begins with an item and goes on from one item to the next: a timer for
/// each would cost more than the items.
template <async_stream Up>
class watched_consumer final : public timer {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    watched_consumer(Up up, clock::duration length)
        : timer(context_of(up)), executor_(up.get_executor()), up_(std::move(up)), length_(length) {
    }

    poll<value_type> try_next() {
        const auto now = this->now();
        if (is_late(now))
            up_.reset();
        if (!up_)
            throw boost::system::system_error(asio::error::timed_out, "backpressure_timeout");
        given_.reset();
        auto item = up_->try_next();
        if (item) {
            given_ = now;
            if (!watching_)
                watch(later(now, length_));
        }
        return item;
    }

    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<watched_consumer>& self, const Executor& ex, Handler handler) {
        if (self->up_)
            self->up_->async_wait(wait_op<Handler, Executor>(std::move(handler), ex));
        else
            async_ready(std::move(handler), ex);
    }

    void stop() noexcept { up_.reset(); }

private:
    class watcher {
    public:
        using executor_type = untracked<executor_t<Up>>;
        executor_type get_executor() const noexcept { return executor_type(ex_); }

        watcher(std::weak_ptr<timer> watched, const executor_t<Up>& ex)
            : watched_(std::move(watched)), ex_(ex) {}

        void operator()(error_code ec) {
            if (const auto alive = watched_.lock(); alive && !ec)
                static_cast<watched_consumer&>(*alive).look();
        }

    private:
        std::weak_ptr<timer> watched_;
        executor_t<Up> ex_;
    };

    bool is_late(clock::time_point now) const noexcept {
        return given_ && now > later(*given_, length_);
    }

    void watch(clock::time_point until) {
        watching_ = true;
        timer::async_wait(
            this->shared_from_this(), until, executor_, watcher(this->weak_from_this(), executor_));
    }

    /// It is time for the item that was the last one when the wait began.
    void look() {
        watching_ = false;
        if (!given_ || !up_)
            return; // upstream is what is waited for, or it is over
        if (const auto now = this->now(); now < later(*given_, length_))
            watch(later(*given_, length_));
        else
            up_.reset();
    }

    executor_type executor_;
    std::optional<Up> up_; // until the consumer is late
    clock::duration length_;
    std::optional<clock::time_point> given_; // the last item, until the consumer asks again
    bool watching_ = false;
};
} // namespace detail

/// Fails when the consumer takes longer than `length` from one item to its next pull: then upstream is
/// released, at once, and the next pull fails. The time that upstream takes does not count.
/// With 0 the consumer has to be back before any time has passed.
/// Throws `std::invalid_argument` if `length` is negative.
/// @marble  `-1-2-3-|`  ->  `backpressure_timeout(3s)`, pulled at 1 and 6  ->  `-1----x`
/// @errors  `asio::error::timed_out`; upstream's, unchanged
/// @cancels nothing is held, so nothing can be lost
/// @cost    one allocation; nothing buffered; a look at the clock an item, and a timer as long as
///          there are items
/// @others  backpressureTimeout (Akka)
[[nodiscard]] inline auto backpressure_timeout(clock_service::duration length) {
    detail::not_negative(length, "backpressure_timeout: length must not be negative");
    return adaptor([length]<async_stream Up>(Up up) {
        using state = detail::watched_consumer<Up>;
        auto ex = up.get_executor();
        return detail::state_stream<state>(
            std::move(ex), std::make_shared<state>(std::move(up), length));
    });
}

} // namespace streamx
