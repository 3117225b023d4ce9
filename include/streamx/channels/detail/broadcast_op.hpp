#pragma once

#include <streamx/channels/detail/broadcast_core.hpp>
#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/core/detail/coroutine_of.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <utility>

namespace streamx::detail {

/// A parked operation of a broadcast or a subscription. If it is destroyed before it has run (with
/// its execution context), its waiter leaves the queue.
template <class Waiter, class Handler, class Executor>
class broadcast_op : public bound_handler<Handler, Executor> {
public:
    broadcast_op(Handler&& handler, const Executor& ex, boost::intrusive_ptr<Waiter> w)
        : bound_handler<Handler, Executor>(std::move(handler), ex), waiter_(std::move(w)) {}
    broadcast_op(broadcast_op&&) noexcept = default;
    ~broadcast_op() {
        if (waiter_) [[unlikely]] {
            waiter_->core->cancel(*waiter_);
            waiter_->finish();
        }
    }

    template <class Slot>
    void cancel_by(Slot slot) {
        slot.assign([w = waiter_](asio::cancellation_type) {
            if (w->core && w->core->cancel(*w))
                w->parked.wake(asio::error::operation_aborted);
        });
    }

    void operator()(error_code ec) {
        clear_slot(this->get_cancellation_slot());
        waiter_->finish();
        waiter_.reset();
        std::move(this->handler())(ec);
    }

private:
    boost::intrusive_ptr<Waiter> waiter_;
};

/// Parks a handler for `w`, which is queued in its broadcast.
template <class Waiter, class Handler, class Executor>
void park_broadcast(boost::intrusive_ptr<Waiter> w, Handler&& handler, const Executor& ex) {
    auto& parked = w->parked;
    broadcast_op<Waiter, Handler, Executor> op(std::move(handler), ex, std::move(w));
    if (auto slot = op.get_cancellation_slot(); slot.is_connected())
        op.cancel_by(slot);
    parked.park(std::move(op)); // which holds what the gate is in until it is parked
}

/// Completes a handler that need not wait, by a post.
template <class Handler, class Executor>
void complete_broadcast(error_code ec, Handler&& handler, const Executor& ex) {
    wait_op<Handler, Executor> op(std::move(handler), ex);
    auto own = op.get_executor();
    auto allocator = op.get_allocator();
    post_to(own, allocator, [op = std::move(op), ec]() mutable { op(ec); });
}

/// The wait of a subscriber.
template <class T, class Handler, class Executor>
void wait_broadcast(
    const boost::intrusive_ptr<subscriber<T>>& s, Handler&& handler, const Executor& ex) {
    s->consumer.store(coroutine_of(handler), std::memory_order_relaxed);
    switch (s->core->wait(*s)) {
    case wait_result::queued:
        return park_broadcast(s, std::move(handler), ex);
    case wait_result::ready:
        return complete_broadcast({}, std::move(handler), ex);
    case wait_result::busy:
        return complete_broadcast(errc::operation_in_progress, std::move(handler), ex);
    }
}

} // namespace streamx::detail
