#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/parked.hpp>
#include <streamx/core/detail/wake_batch.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx::detail {

/// An executor as the outstanding work of a handler that is parked. What it is asked to execute,
/// once, is posted.
template <class Executor>
class parked_work {
public:
    explicit parked_work(const Executor& ex)
        : executor_(asio::prefer(ex, asio::execution::outstanding_work.tracked)) {}

    asio::execution_context& context() const noexcept {
        return asio::query(executor_, asio::execution::context);
    }

    const void* queue() const noexcept { return nullptr; }

    template <class Allocator>
    void post(const Allocator& allocator, parked* p) {
        post_to(executor_, allocator, parked::completion(p));
    }
    template <class Allocator>
    void dispatch(const Allocator& allocator, parked* p) {
        post(allocator, p);
    }

private:
    std::decay_t<decltype(asio::prefer(
        std::declval<const Executor&>(), asio::execution::outstanding_work.tracked))>
        executor_;
};

/// What an `io_context` keeps of a completion that is posted to it. It has done with that before the
/// completion runs, so there can be room for it where the handler is parked.
class post_room {
public:
    template <class T>
    class allocator {
    public:
        using value_type = T;

        explicit allocator(post_room& room) noexcept : room_(&room) {}
        template <class U>
        allocator(const allocator<U>& other) noexcept : room_(other.room_) {}

        T* allocate(std::size_t n) { return static_cast<T*>(room_->take(n * sizeof(T))); }
        void deallocate(T* p, std::size_t) noexcept { room_->give(p); }

        friend bool operator==(allocator, allocator) noexcept = default;

    private:
        template <class U>
        friend class allocator;
        post_room* room_;
    };

private:
    void* take(std::size_t size) { return size <= sizeof(bytes_) ? bytes_ : ::operator new(size); }
    void give(void* memory) noexcept {
        if (memory != bytes_)
            ::operator delete(memory);
    }

    alignas(std::max_align_t) std::byte bytes_[48];
};

/// The same for an `io_context`. (To copy an executor that counts as work costs two atomic
/// additions, so there is one, and one beside it that does not count.)
class io_work {
    using executor_type = std::decay_t<decltype(asio::require(
        std::declval<const asio::io_context::executor_type&>(), asio::execution::blocking.never))>;
    using tracked_type = std::decay_t<decltype(asio::require(
        std::declval<const executor_type&>(), asio::execution::outstanding_work.tracked))>;

public:
    template <class Allocator, std::uintptr_t Bits>
    explicit io_work(const asio::io_context::basic_executor_type<Allocator, Bits>& ex)
        : executor_(asio::require(
              ex,
              asio::execution::allocator,
              asio::execution::outstanding_work.untracked,
              asio::execution::blocking.never)),
          work_(asio::require(executor_, asio::execution::outstanding_work.tracked)) {}

    asio::execution_context& context() const noexcept {
        return asio::query(executor_, asio::execution::context);
    }

    const void* queue() const noexcept { return &context(); }

    template <class Allocator>
    void post(const Allocator&, parked* p) {
        asio::require(executor_, asio::execution::allocator(post_room::allocator<void>(room_)))
            .execute(parked::completion(p));
    }
    template <class Allocator>
    void dispatch(const Allocator&, parked* p) {
        asio::require(
            executor_,
            asio::execution::blocking.possibly,
            asio::execution::allocator(post_room::allocator<void>(room_)))
            .execute(parked::completion(p));
    }

private:
    executor_type executor_;
    tracked_type work_;
    post_room room_;
};

template <class Allocator, std::uintptr_t Bits>
class parked_work<asio::io_context::basic_executor_type<Allocator, Bits>> : public io_work {
    using io_work::io_work;
};

/// The executor of nearly all handlers is an `any_io_executor` that stands for an `io_context`.
template <>
class parked_work<asio::any_io_executor> {
public:
    explicit parked_work(const asio::any_io_executor& ex);

    asio::execution_context& context() const noexcept {
        if (const auto* io = std::get_if<io_work>(&work_))
            return io->context();
        return asio::query(std::get<asio::any_io_executor>(work_), asio::execution::context);
    }
    const void* queue() const noexcept {
        const auto* io = std::get_if<io_work>(&work_);
        return io ? io->queue() : nullptr;
    }

    template <class Allocator>
    void post(const Allocator&, parked* p) { // it knows no allocators
        post(p);
    }
    template <class Allocator>
    void dispatch(const Allocator&, parked* p) {
        dispatch(p);
    }

private:
    using work = std::variant<io_work, asio::any_io_executor>;

    static work work_for(const asio::any_io_executor& ex);
    void post(parked* p);
    void dispatch(parked* p);

    work work_;
};

template <class Op>
class parked_op final : public parked {
    using executor_type = asio::associated_executor_t<Op>;
    using allocator =
        typename std::allocator_traits<decltype(state_allocator(asio::get_associated_allocator(
            std::declval<const Op&>())))>::template rebind_alloc<parked_op>;

public:
    static std::unique_ptr<parked_op, deleter> make(Op&& op) {
        allocator a(state_allocator(asio::get_associated_allocator(op)));
        parked_op* p = a.allocate(1);
        try {
            ::new (static_cast<void*>(p)) parked_op(std::move(op), a);
        } catch (...) {
            a.deallocate(p, 1);
            throw;
        }
        return std::unique_ptr<parked_op, deleter>(p);
    }

    asio::execution_context& context() const noexcept { return work_.context(); }

    void complete(error_code ec) override {
        result_ = ec;
        work_.post(asio::get_associated_allocator(op_), this);
    }
    void complete_here(error_code ec) override {
        result_ = ec;
        work_.dispatch(asio::get_associated_allocator(op_), this);
    }
    const void* queue() const noexcept override { return work_.queue(); }

private:
    parked_op(Op&& op, const allocator& a)
        : work_(asio::get_associated_executor(op)), op_(std::move(op)), allocator_(a) {}

    void run() override {
        const auto result = result_;
        Op op = std::move(op_);
        destroy();
        std::move(op)(result);
    }

    void destroy() noexcept override {
        auto a = allocator_;
        std::destroy_at(this);
        a.deallocate(this, 1);
    }

    parked_work<executor_type> work_;
    Op op_;
    [[no_unique_address]] allocator allocator_;
};

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
            auto mine = parked_op<Op>::make(std::move(op));
            auto& context = mine->context();
            park(std::move(mine), context);
        }
    }

    /// Completes what is parked with `ec`, or buffers that for the next to come.
    void wake(error_code ec = {}) {
        std::lock_guard lock(lock_);
        if (parked_)
            parked_.release()->complete(ec);
        else
            buffered_ = ec;
    }

    /// The same, together with others.
    void wake(error_code ec, wake_batch& batch) {
        std::lock_guard lock(lock_);
        if (parked_)
            batch.complete(parked_.release(), ec);
        else
            buffered_ = ec;
    }

    /// The same for the last step of an operation that has come to its end on the executor of what is
    /// parked: that may run inside this call, which is a turn of the `io_context` less. Only where nothing
    /// needs the lock.
    void wake_here(error_code ec = {}) {
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
    void park(parked::pointer&& mine, asio::execution_context& context) {
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
                parked_ = std::move(mine);
        }
        if (now) // the last step: when the handler runs, this may be destroyed
            mine.release()->complete(*now);
    }

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
