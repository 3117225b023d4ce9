#pragma once

#include <streamx/channels/detail/channel_core.hpp>
#include <streamx/core/detail/handler.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <memory>
#include <utility>

namespace streamx::detail {

/// A waiter on its way through a parked operation. If the operation is destroyed before it has run
/// (with its execution context), the waiter leaves its queue and what it stood in front of goes on.
template <class T, class Lock>
class lease {
public:
    using core_ptr = std::shared_ptr<channel_core<T, Lock>>;
    using waiter_ptr = std::shared_ptr<waiter<T, Lock>>;

    lease(core_ptr core, waiter_ptr w) noexcept : core_(std::move(core)), waiter_(std::move(w)) {}
    lease(lease&&) noexcept = default;
    lease& operator=(lease&&) = delete;
    ~lease() {
        if (!waiter_)
            return;
        if (!core_->cancel(*waiter_) && waiter_->leaves_rest)
            core_->pass_on();
        if (waiter_->what == wants::permit && waiter_->accepted)
            core_->give_back_slot();
        give_back();
    }

    channel_core<T, Lock>& core() const noexcept { return *core_; }
    waiter<T, Lock>& waiting() const noexcept { return *waiter_; }

    /// The operation has run: what was not accepted is undelivered.
    core_ptr finish() {
        give_back();
        waiter_.reset();
        return std::move(core_);
    }

private:
    void give_back() {
        if (waiter_->held && !waiter_->accepted)
            core_->undelivered(*std::move(waiter_->held));
        waiter_->held.reset();
    }

    core_ptr core_;
    waiter_ptr waiter_;
};

/// A parked operation of an endpoint: completes `handler(error_code)`, or whatever `Complete` makes
/// of it.
template <class T, class Lock, class Handler, class Executor, class Complete>
class endpoint_op : public bound_handler<Handler, Executor> {
public:
    endpoint_op(Handler handler, const Executor& ex, lease<T, Lock> l, Complete complete)
        : bound_handler<Handler, Executor>(std::move(handler), ex), lease_(std::move(l)),
          complete_(std::move(complete)) {}

    void operator()(error_code ec) {
        clear_slot(this->get_cancellation_slot());
        const bool leaves_rest = std::exchange(lease_.waiting().leaves_rest, false);
        const bool accepted = lease_.waiting().accepted;
        auto core = lease_.finish();
        complete_(std::move(this->handler()), ec, accepted, core);
        if (leaves_rest)
            core->pass_on();
    }

private:
    lease<T, Lock> lease_;
    [[no_unique_address]] Complete complete_;
};

/// The plain completion: `void(error_code)`.
struct complete_with_error {
    template <class Handler, class Core>
    void operator()(Handler handler, error_code ec, bool, const Core&) const {
        std::move(handler)(ec);
    }
};

/// Parks a handler for `w`, which is queued in `core`, or completes it with `now` by a post.
template <class T, class Lock, class Handler, class Executor, class Complete = complete_with_error>
void park(
    std::shared_ptr<channel_core<T, Lock>> core,
    std::shared_ptr<waiter<T, Lock>> w,
    bool queued,
    error_code now,
    Handler handler,
    const Executor& ex,
    Complete complete = {}) {
    auto& parked = w->parked;
    endpoint_op<T, Lock, Handler, Executor, Complete> op(
        std::move(handler), ex, {core, w}, std::move(complete));
    if (!queued) {
        auto own = op.get_executor();
        auto allocator = op.get_allocator();
        return post_to(own, allocator, [op = std::move(op), now]() mutable { op(now); });
    }
    if (auto slot = op.get_cancellation_slot(); slot.is_connected())
        slot.assign([core = std::weak_ptr(core), w = std::weak_ptr(w)](asio::cancellation_type) {
            auto c = core.lock();
            auto waiting = w.lock();
            if (c && waiting && c->cancel(*waiting))
                waiting->parked.wake(asio::error::operation_aborted);
        });
    parked.park(std::move(op));
}

/// A waiter that no operation uses: `spare` if it is free, or a new one.
template <class T, class Lock>
std::shared_ptr<waiter<T, Lock>>
free_waiter(std::shared_ptr<waiter<T, Lock>>& spare, std::uint64_t endpoint) {
    if (!spare || spare.use_count() != 1)
        spare = std::make_shared<waiter<T, Lock>>();
    spare->owner = endpoint;
    spare->accepted = false;
    return spare;
}

} // namespace streamx::detail
