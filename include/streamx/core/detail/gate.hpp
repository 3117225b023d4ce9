#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/experimental/basic_channel.hpp>
#include <boost/asio/experimental/channel_error.hpp>
#include <boost/asio/experimental/channel_traits.hpp>
#include <boost/asio/query.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace streamx::detail {

/// Names the context that a gate's raw channel lives in. Nothing ever runs on it: whatever is
/// parked brings its own executor, whose outstanding work it counts.
class gate_executor {
public:
    explicit gate_executor(asio::execution_context& context) noexcept : context_(&context) {}

    asio::execution_context& query(asio::execution::context_t) const noexcept { return *context_; }
    template <class F>
    void execute(F&&) const {
        std::terminate();
    }
    friend bool operator==(gate_executor, gate_executor) noexcept = default;

private:
    asio::execution_context* context_;
};

/// The raw channel of an `error_code` holds its first element itself and the rest in a container.
/// At capacity 1 there is no rest (and Asio's deque, which costs 600 bytes, is not needed).
template <class Element>
struct no_buffer {
    bool empty() const noexcept { return true; }
    void clear() noexcept {}
    void pop_front() noexcept {}
    void push_back(const Element&) { std::terminate(); }
    Element& front() { std::terminate(); }
    Element& back() { std::terminate(); }
};

template <class... Signatures>
struct gate_traits : asio::experimental::channel_traits<Signatures...> {
    template <class... Others>
    struct rebind {
        using other = gate_traits<Others...>;
    };
    template <class Element>
    struct container {
        using type = no_buffer<Element>;
    };
};

using wake_channel =
    asio::experimental::basic_channel<gate_executor, gate_traits<>, void(error_code)>;

class gate_base;

/// The gates whose raw channels live in one execution context, so that a gate may outlive it:
/// when the context goes, whatever is parked there is destroyed with it and the gates forget it.
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
    virtual ~gate_base();

    /// Whether the raw channel is there.
    bool is_settled_in(asio::execution_context& context) const noexcept {
        return channel_ && &channel_->get_executor().query(asio::execution::context) == &context;
    }
    /// Makes the raw channel in `context`, in the place of one elsewhere. Call it without the lock.
    void settle_in(asio::execution_context& context);

    std::unique_ptr<wake_channel> channel_;

private:
    friend class gate_registry;
    void leave() noexcept;

    /// Gives the raw channel away, under the lock, when the context goes.
    virtual std::unique_ptr<wake_channel> abandon() noexcept = 0;

    std::shared_ptr<gate_registry> registry_;
    gate_base* next_ = nullptr;
    gate_base* previous_ = nullptr;
};

/// One waiter, one buffered wake-up: the only place where a completion handler is parked.
///
/// It is a bounded raw channel of capacity 1. Its own lock (`Lock` is a mutex, or `null_lock`
/// inside one strand) makes park, wake and abort atomic, which the raw channel's cancellation is
/// not.
template <class Lock>
class gate final : public gate_base {
public:
    ~gate() { abort(); }

    /// Parks `op` until `wake` or `abort`; at once if a wake-up is buffered. `op` is called with an
    /// `error_code` on its associated executor, never inside this call. A second one while one is
    /// parked gets `errc::operation_in_progress` and does not disturb the first.
    template <class Op>
    void park(Op op) {
        std::unique_lock lock(lock_);
        if (parked_) {
            lock.unlock();
            auto ex = asio::get_associated_executor(op);
            auto allocator = asio::get_associated_allocator(op);
            post_to(ex, allocator, [op = std::move(op)]() mutable {
                std::move(op)(errc::operation_in_progress);
            });
            return;
        }
        auto& context = asio::query(asio::get_associated_executor(op), asio::execution::context);
        if (!is_settled_in(context)) [[unlikely]] {
            lock.unlock(); // of the two who could meet here, a waker does not look at the channel
            settle_in(context);
            lock.lock();
        }
        if (buffered_)
            channel_->try_send(*std::exchange(buffered_, std::nullopt));
        else
            parked_ = true;
        channel_->async_receive(parked_op<Op>{std::move(op)});
    }

    /// Completes what is parked with `ec`, or buffers that for the next to come.
    void wake(error_code ec = {}) {
        std::lock_guard lock(lock_);
        if (std::exchange(parked_, false) && channel_)
            channel_->try_send(ec);
        else
            buffered_ = ec;
    }

    /// Completes what is parked, if anything, with `operation_aborted`.
    void abort() {
        std::lock_guard lock(lock_);
        if (std::exchange(parked_, false) && channel_)
            channel_->reset();
    }

private:
    template <class Op>
    struct parked_op {
        using executor_type = asio::associated_executor_t<Op>;
        using allocator_type = asio::associated_allocator_t<Op>;

        executor_type get_executor() const noexcept { return asio::get_associated_executor(op); }
        allocator_type get_allocator() const noexcept { return asio::get_associated_allocator(op); }

        void operator()(error_code ec) {
            if (ec == asio::experimental::error::channel_cancelled)
                ec = asio::error::operation_aborted;
            std::move(op)(ec);
        }

        Op op;
    };

    std::unique_ptr<wake_channel> abandon() noexcept override {
        std::lock_guard lock(lock_);
        parked_ = false;
        return std::move(channel_);
    }

    [[no_unique_address]] Lock lock_;
    bool parked_ = false;
    std::optional<error_code> buffered_;
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
