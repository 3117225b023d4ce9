#pragma once

#include <streamx/channels/detail/broadcast_core.hpp>
#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/core/detail/coroutine_of.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/parked.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <utility>

namespace streamx::detail {

/// Has a slot take `w` out of the queue that it is in then.
template <class Waiter, class Slot>
[[gnu::always_inline]] inline void
cancel_broadcast_by(Slot slot, const boost::intrusive_ptr<Waiter>& w) {
    if (slot.is_connected()) [[unlikely]]
        slot.assign([w](asio::cancellation_type) {
            if (w->core && w->core->cancel(*w))
                w->wake(asio::error::operation_aborted);
        });
}

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

    void honour_cancellation() { cancel_broadcast_by(this->get_cancellation_slot(), waiter_); }

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
    auto& gate = *w;
    broadcast_op<Waiter, Handler, Executor> op(std::move(handler), ex, std::move(w));
    op.honour_cancellation();
    gate.park(std::move(op)); // which holds the gate until it is parked
}

/// Completes a handler that need not wait, by a post.
template <class Handler, class Executor>
void complete_broadcast(error_code ec, Handler&& handler, const Executor& ex) {
    if constexpr (parks_itself<Handler>) {
        std::move(handler).block().release()->complete(ec);
    } else {
        wait_op<Handler, Executor> op(std::move(handler), ex);
        auto own = op.get_executor();
        auto allocator = op.get_allocator();
        post_to(own, allocator, [op = std::move(op), ec]() mutable { op(ec); });
    }
}

/// The wait of a subscriber.
template <class T, class Handler, class Executor>
void wait_broadcast(
    const boost::intrusive_ptr<subscriber<T>>& s, Handler&& handler, const Executor& ex) {
    s->consumer.store(coroutine_of(handler), std::memory_order_relaxed);
    if constexpr (parks_itself<Handler>)
        cancel_broadcast_by(
            handler.get_cancellation_slot(), s); // while nothing is queued: it may throw
    const auto result = s->core->wait(*s);
    if (result == wait_result::queued) [[likely]] {
        if constexpr (parks_itself<Handler>)
            return s->park(std::move(handler));
        else
            return park_broadcast(s, std::move(handler), ex);
    }
    if constexpr (parks_itself<Handler>)
        clear_slot(handler.get_cancellation_slot()); // who waits is another
    complete_broadcast(
        result == wait_result::busy ? error_code(errc::operation_in_progress) : error_code(),
        std::move(handler),
        ex);
}

} // namespace streamx::detail
