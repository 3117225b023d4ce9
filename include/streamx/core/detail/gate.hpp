#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/parked.hpp>
#include <streamx/core/detail/parked_op.hpp>
#include <streamx/core/detail/wake_batch.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution_context.hpp>

#include <cassert>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace streamx::detail {

class gate_base;

/// The gates whose handlers are parked in one execution context, so that a gate may outlive it: when
/// the context goes, whatever is parked there is destroyed with it and the gates forget it.
class gate_registry {
public:
    static std::shared_ptr<gate_registry> of(asio::execution_context& context);
    void shutdown() noexcept;

private:
    friend class gate_base;
    std::mutex mutex_;
    gate_base* first_ = nullptr;
};

/// The part of a gate that is the same whatever its lock.
class gate_base {
public:
    gate_base() = default;
    gate_base(const gate_base&) = delete;
    gate_base& operator=(const gate_base&) = delete;

protected:
    ~gate_base() { assert(!registry_); }

    /// Has `context` tell this gate when it goes, and no other. Call it without the lock.
    void settle_in(asio::execution_context& context);
    /// From here on `abandon` and `abandoned` are not called, until it settles again.
    void leave() noexcept;

    /// For what has to hear that what was parked is gone with its context: it stays, from the first of
    /// these, which is called with the registry's lock, to the end of the second, which is not.
    virtual bool stay() noexcept { return false; }
    virtual void abandoned() noexcept {}

    asio::execution_context* context_ = nullptr; ///< the one that it has settled in

private:
    friend class gate_registry;
    void unlink() noexcept;

    /// Gives away what is parked, under the lock, when the context goes.
    virtual parked::pointer abandon() noexcept = 0;

    std::shared_ptr<gate_registry> registry_;
    gate_base* next_ = nullptr;
    gate_base* previous_ = nullptr;
};

/// One waiter, one buffered wake-up: the only place where a completion handler is parked.
///
/// Its lock (`Lock` is a mutex, or `null_lock` inside one strand) makes park, wake and abort atomic,
/// and is held while a handler is posted: so the handler's context, when it goes, either finds it
/// here or has it in its queue. (What shares a post is posted a little later, which nobody sees: there is
/// one thread then.)
///
/// What derives from it retires in its destructor.
template <class Lock>
class basic_gate : public gate_base {
public:
    /// Parks `op` until `wake` or `abort`; at once if a wake-up is buffered. `op` is called with an
    /// `error_code` on its associated executor, never inside this call. A second one while one is
    /// parked gets `errc::operation_in_progress` and does not disturb the first.
    template <class Op>
    void park(Op&& op) {
        if constexpr (parks_itself<Op>) {
            auto& context = op.context();
            park(std::move(op).block(), context);
        } else {
            auto* mine =
                make_block<parked_op<Op>>(asio::get_associated_allocator(op), std::move(op));
            park(parked::pointer(mine), mine->context());
        }
    }
    /// The same for what is in a block already, which is posted to that context.
    void park(parked::pointer mine, asio::execution_context& context) {
        std::optional<error_code> now;
        {
            std::unique_lock lock(lock_);
            if (context_ != &context && !parked_) [[unlikely]] {
                lock.unlock(); // of the two who could meet here, a waker does not look at that
                settle(mine, context);
                lock.lock();
            }
            if (parked_)
                now = errc::operation_in_progress;
            else if (buffered_)
                now.swap(buffered_);
            else
                parked_.swap(mine);
        }
        if (now) // the last step: when the handler runs, this may be destroyed
            mine.release()->complete(*now);
    }

    /// Whether somebody is parked.
    bool is_taken() {
        std::lock_guard lock(lock_);
        return parked_ != nullptr;
    }

    /// Completes what is parked with `ec`, or buffers that for the next to come.
    void wake(const error_code& ec = {}) {
        std::lock_guard lock(lock_);
        if (parked_)
            parked_.release()->complete(ec);
        else
            buffered_ = ec;
    }

    /// The same, together with others.
    void wake(const error_code& ec, wake_batch& batch) {
        std::lock_guard lock(lock_);
        if (parked_)
            batch.complete(parked_.release(), ec);
        else
            buffered_ = ec;
    }

    /// The same for the last step of an operation that has come to its end on the executor of what is
    /// parked: that may run inside this call, which is a turn of the `io_context` less. Only where nothing
    /// needs the lock.
    void wake_here(const error_code& ec = {}) {
        if (parked_)
            parked_.release()->complete_here(ec);
        else
            buffered_ = ec;
    }

    /// Completes what is parked, if anything, with `operation_aborted`.
    void abort() {
        std::lock_guard lock(lock_);
        if (parked_)
            parked_.release()->complete(asio::error::operation_aborted);
    }

protected:
    ~basic_gate() = default;

    void retire() noexcept {
        abort();
        leave();
    }

private:
    void settle(parked::pointer& mine, asio::execution_context& context) {
        try {
            this->settle_in(context);
        } catch (...) {
            if (this->stay()) {
                mine.reset();
                this->abandoned();
            }
            throw;
        }
    }

    parked::pointer abandon() noexcept override {
        std::lock_guard lock(lock_);
        context_ = nullptr;
        return std::move(parked_);
    }

    [[no_unique_address]] Lock lock_;
    parked::pointer parked_;
    std::optional<error_code> buffered_;
};

template <class Lock>
class gate final : public basic_gate<Lock> {
public:
    ~gate() { this->retire(); }
};

/// The lock of what never leaves one strand.
struct null_lock {
    void lock() noexcept {}
    bool try_lock() noexcept { return true; }
    void unlock() noexcept {}
};

/// What is parked by `async_wait_on`.
template <class Handler, class Executor>
struct gate_wait_op : bound_handler<Handler, Executor> {
    using bound_handler<Handler, Executor>::bound_handler;
    void operator()(error_code ec) {
        clear_slot(this->get_cancellation_slot());
        std::move(this->handler())(ec);
    }
};

/// Waits on a gate that is part of shared state: parks a handler, honours its cancellation slot
/// (total, partial and terminal alike: a wait has no side effect) and clears it on completion.
template <class Lock, class Executor, class Handler>
void async_wait_on(const std::shared_ptr<gate<Lock>>& g, const Executor& ex, Handler handler) {
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
        slot.assign([weak = std::weak_ptr(g)](asio::cancellation_type) {
            if (auto alive = weak.lock())
                alive->abort();
        });
    g->park(gate_wait_op<Handler, Executor>(std::move(handler), ex));
}

} // namespace streamx::detail
