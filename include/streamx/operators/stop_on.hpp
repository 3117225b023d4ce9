#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/input_waits.hpp>
#include <streamx/core/detail/state_stream.hpp>
#include <streamx/core/end_reason.hpp>
#include <streamx/core/poll.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {

/// Upstream's items until a stop is requested, on any thread.
template <async_stream Up>
class stoppable final : public input_waits<1> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    stoppable(Up up, std::stop_token token, end_reason how)
        : up_(std::move(up)), token_(std::move(token)), how_(how), callback_(token_, waker{this}) {}

    poll<value_type> try_next() {
        if (token_.stop_requested()) [[unlikely]] {
            up_.reset();
            if (how_ == end_reason::cancelled)
                throw boost::system::system_error(asio::error::operation_aborted, "stop_on");
            return end;
        }
        if (outstanding(0))
            return pending;
        check();
        auto item = up_->try_next();
        wants_upstream_ = item.is_pending();
        return item;
    }

    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<stoppable>& self, const Executor& fallback, Handler handler) {
        auto ex = executor_for(handler, fallback);
        if constexpr (!std::is_same_v<decltype(ex), no_executor>) {
            if (std::exchange(self->wants_upstream_, false))
                begin(self, 0, *self->up_, ex);
            else if (!self->outstanding(0))
                self->wake();
        }
        if (self->token_.stop_requested())
            self->wake();
        input_waits<1>::async_wait(self, ex, std::move(handler));
    }

    void stop() noexcept {
        up_.reset();
        abort();
    }

private:
    struct waker {
        void operator()() const noexcept { self->wake(); }
        stoppable* self; // which waits in its destructor for a call that is running
    };

    std::optional<Up> up_; // until it is over
    std::stop_token token_;
    end_reason how_;
    bool wants_upstream_ = false; // has found it pending
    std::stop_callback<waker> callback_;
};

} // namespace detail

/// A kill switch: passes everything on until a stop is requested, by `source.request_stop()` on any
/// thread, and then ends at once, wherever upstream is; what is behind it goes on to its own end. With
/// `how` = `end_reason::cancelled` it fails with `operation_aborted` instead. Throws
/// `std::invalid_argument` for `end_reason::failed`.
/// @marble  `-1-2-3-4-`  ->  `stop_on(token)`  ->  `-1-2|`
/// @errors  upstream's, unchanged; `operation_aborted` when stopped, if asked for
/// @cancels nothing is held, so nothing can be lost; upstream is let go of when the stop is noticed
/// @cost    one allocation; nothing buffered; a look at the token an item
/// @others  take_until_if (futures), takeUntil (Rx), KillSwitches.single (Akka)
[[nodiscard]] inline auto stop_on(std::stop_token token, end_reason how = end_reason::done) {
    if (how == end_reason::failed)
        throw std::invalid_argument("stop_on: a stop is an end or a cancellation, not a failure");
    return adaptor([token = std::move(token), how]<async_stream Up>(Up up) {
        using state = detail::stoppable<Up>;
        auto ex = up.get_executor();
        return detail::state_stream<state>(
            std::move(ex), std::make_shared<state>(std::move(up), token, how));
    });
}

} // namespace streamx
