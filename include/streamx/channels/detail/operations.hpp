#pragma once

#include <streamx/channels/detail/channel_core.hpp>
#include <streamx/core/detail/handler.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace streamx::detail {

/// A parked operation of an endpoint: completes `handler(error_code)`, or whatever `Complete` makes
/// of it. If it is destroyed before it has run (with its execution context), its waiter leaves the
/// queue and what it stood in front of goes on. One pointer beside its handler, as it is moved a
/// lot.
template <class T, class Lock, class Handler, class Executor, class Complete>
class endpoint_op : public bound_handler<Handler, Executor> {
public:
    endpoint_op(Handler handler, const Executor& ex, waiter_ptr<T, Lock> w, Complete complete)
        : bound_handler<Handler, Executor>(std::move(handler), ex), waiter_(std::move(w)),
          complete_(std::move(complete)) {}
    endpoint_op(endpoint_op&&) noexcept = default;
    ~endpoint_op() {
        if (waiter_) [[unlikely]]
            abandon();
    }

    void operator()(error_code ec) {
        clear_slot(this->get_cancellation_slot());
        const bool accepted = waiter_->accepted;
        const bool leaves_rest = std::exchange(waiter_->leaves_rest, false);
        const auto endpoint = waiter_->owner;
        give_back(*waiter_);
        core_ptr<T, Lock> core;
        if (leaves_rest || Complete::needs_channel)
            core = waiter_->core;
        waiter_.reset(); // free for the handler's next operation
        const turn_over rest{
            leaves_rest ? core.get() : nullptr, endpoint}; // also when the handler throws
        complete_(std::move(this->handler()), ec, accepted, core);
    }

private:
    struct turn_over {
        ~turn_over() {
            if (core)
                core->pass_on(endpoint);
        }
        channel_core<T, Lock>* core;
        std::uint32_t endpoint;
    };

    /// What was given to the operation and not accepted is undelivered.
    static void give_back(waiter<T, Lock>& w) {
        if (!w.held)
            return;
        if (!w.accepted)
            w.core->undelivered(*std::move(w.held));
        w.held.reset();
    }

    void abandon() {
        if (!waiter_->core->cancel(*waiter_) && waiter_->leaves_rest)
            waiter_->core->pass_on(waiter_->owner);
        if (waiter_->what == wants::permit && waiter_->accepted)
            waiter_->core->give_back_slot();
        give_back(*waiter_);
    }

    waiter_ptr<T, Lock> waiter_;
    [[no_unique_address]] Complete complete_;
};

/// The plain completion: `void(error_code)`.
struct complete_with_error {
    static constexpr bool needs_channel = false;

    template <class Handler, class Core>
    void operator()(Handler handler, error_code ec, bool, const Core&) const {
        std::move(handler)(ec);
    }
};

/// Parks a handler for `w`, which is queued in its channel, or completes it with `now` by a post.
template <class T, class Lock, class Handler, class Executor, class Complete = complete_with_error>
void park(
    const waiter_ptr<T, Lock>& w,
    bool queued,
    error_code now,
    Handler handler,
    const Executor& ex,
    Complete complete = {}) {
    endpoint_op<T, Lock, Handler, Executor, Complete> op(
        std::move(handler), ex, w, std::move(complete));
    if (!queued) {
        auto own = op.get_executor();
        auto allocator = op.get_allocator();
        return post_to(own, allocator, [op = std::move(op), now]() mutable { op(now); });
    }
    if (auto slot = op.get_cancellation_slot(); slot.is_connected())
        slot.assign([w](asio::cancellation_type) {
            if (w->core->cancel(*w))
                w->wake(asio::error::operation_aborted);
        });
    w->park(std::move(op));
}

} // namespace streamx::detail
