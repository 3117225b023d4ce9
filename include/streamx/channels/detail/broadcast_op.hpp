#pragma once

#include <streamx/channels/detail/broadcast_core.hpp>
#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/core/detail/consumer_scope.hpp>
#include <streamx/core/detail/coroutine_of.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/parked.hpp>
#include <streamx/core/detail/parked_op.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/associated_allocator.hpp>
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
            if (const auto core = w->core; core && core->cancel(*w)) {
                w->wake(asio::error::operation_aborted);
                core->start_patience(); // with one who does not ask any more
            }
        });
}

/// Whoever waits in a broadcast. If this is destroyed before that is over (with the execution context
/// that was to run it), the waiter leaves the queue.
template <class Waiter>
class queued_waiter {
public:
    explicit queued_waiter(boost::intrusive_ptr<Waiter> w) noexcept : waiter_(std::move(w)) {}
    queued_waiter(queued_waiter&&) noexcept = default;
    ~queued_waiter() {
        if (waiter_) [[unlikely]] {
            waiter_->core->cancel(*waiter_);
            waiter_->finish();
        }
    }

    const boost::intrusive_ptr<Waiter>& get() const noexcept { return waiter_; }

    void finish() {
        waiter_->finish();
        waiter_.reset();
    }

private:
    boost::intrusive_ptr<Waiter> waiter_;
};

/// A parked operation of a broadcast or a subscription.
template <class Waiter, class Handler, class Executor>
class broadcast_op final
    : public bound_handler<Handler, Executor>,
      public parked_on<broadcast_op<Waiter, Handler, Executor>, executor_for_t<Handler, Executor>> {
    using bound = bound_handler<Handler, Executor>;

public:
    broadcast_op(Handler&& handler, const Executor& ex, queued_waiter<Waiter>&& w)
        : bound(std::move(handler), ex), broadcast_op::parked_on(bound::get_executor()),
          waiter_(std::move(w)) {}

    /// Precondition: `w` is queued in its broadcast.
    static void park(queued_waiter<Waiter> w, Handler&& handler, const Executor& ex) {
        auto& gate = *w.get(); // which the operation holds until it is parked
        const auto allocator = asio::get_associated_allocator(handler);
        auto* op = make_block<broadcast_op>(allocator, std::move(handler), ex, std::move(w));
        parked::pointer mine(op);
        cancel_broadcast_by(op->get_cancellation_slot(), op->waiter_.get());
        gate.park(std::move(mine), op->context());
    }

private:
    void run() override {
        const auto result = this->result_;
        const auto* reader = waiter_.get()->reader();
        clear_slot(this->get_cancellation_slot());
        waiter_.finish();
        Handler handler = std::move(this->handler());
        free_block(this, asio::get_associated_allocator(handler));
        const consumer_scope scope({coroutine_of(handler), reader});
        std::move(handler)(result);
    }
    void destroy() noexcept override { free_block(this, bound::get_allocator()); }

    queued_waiter<Waiter> waiter_;
};

/// Completes a handler that need not wait, by a post.
template <class Handler, class Executor>
void complete_broadcast(error_code ec, consumer who, Handler&& handler, const Executor& ex) {
    if constexpr (parks_itself<Handler>) {
        std::move(handler).block().release()->complete(ec);
    } else {
        wait_op<Handler, Executor> op(std::move(handler), ex);
        auto own = op.get_executor();
        auto allocator = op.get_allocator();
        post_to(own, allocator, [op = std::move(op), ec, who]() mutable {
            const consumer_scope scope(who);
            op(ec);
        });
    }
}

/// The wait of a subscriber.
template <class T, class Handler, class Executor>
void wait_broadcast(
    const boost::intrusive_ptr<subscriber<T>>& s, Handler&& handler, const Executor& ex) {
    const consumer who{coroutine_of(handler), s.get()};
    s->consumer.store(who.coroutine, std::memory_order_relaxed);
    if constexpr (parks_itself<Handler>)
        cancel_broadcast_by(
            handler.get_cancellation_slot(), s); // while nothing is queued: it may throw
    const auto result = s->core->wait(*s);
    if (result == wait_result::queued) [[likely]] {
        if constexpr (parks_itself<Handler>)
            return s->park(std::move(handler));
        else
            return broadcast_op<subscriber<T>, Handler, Executor>::park(
                queued_waiter(s), std::move(handler), ex);
    }
    if constexpr (parks_itself<Handler>)
        clear_slot(handler.get_cancellation_slot()); // who waits is another
    complete_broadcast(
        result == wait_result::busy ? error_code(errc::operation_in_progress) : error_code(),
        who,
        std::move(handler),
        ex);
}

} // namespace streamx::detail
