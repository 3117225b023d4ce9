#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <variant>

namespace streamx::detail {

/// Something that a scope owns and that runs on an executor of its own.
struct scope_child {
    explicit scope_child(asio::any_io_executor ex) : executor(std::move(ex)) {}

    asio::any_io_executor executor;
    asio::cancellation_signal signal;    // emitted on the executor
    std::atomic<bool> cancelled = false; // also before it has begun to listen
};
using child_ptr = std::shared_ptr<scope_child>;

/// Cancels a child, on its executor.
void cancel(const child_ptr& child);

/// What a scope's children have in common. Any thread may call it. It is the timer that wakes who waits
/// for the last of them.
class scope_state final : public timer {
public:
    using timer::timer;

    /// Adds a child, which is cancelled at once if a stop was requested before.
    void enter(const child_ptr& child);
    void leave(const child_ptr& child) noexcept;
    /// The first failure is kept, for who joins.
    void fail(std::exception_ptr failure) noexcept;

    /// Cancels all children that there are and will be.
    void cancel_all();

    bool empty() const;
    /// What has failed since it was asked for the last time.
    std::exception_ptr take_failure() noexcept;

    std::stop_source stop;

private:
    mutable std::mutex mutex_;
    std::unordered_set<child_ptr> children_;
    std::exception_ptr failure_;
    bool cancelled_ = false;
};

/// A child's part of its scope, left when its operation is over, however that comes about.
class membership {
public:
    membership(std::shared_ptr<scope_state> scope, child_ptr child)
        : scope_(std::move(scope)), child_(std::move(child)) {
        scope_->enter(child_);
    }
    membership(membership&&) noexcept = default;
    membership& operator=(membership&&) = delete;
    ~membership() {
        if (scope_)
            scope_->leave(child_);
    }

    scope_state& scope() const noexcept { return *scope_; }
    const child_ptr& child() const noexcept { return child_; }

private:
    std::shared_ptr<scope_state> scope_;
    child_ptr child_;
};

/// What a child completes, on the child's executor. It has the child's slot, passes on what is emitted
/// in the user's, and takes the results to the handler's executor.
template <class Handler>
class child_op {
    using tracked = std::decay_t<decltype(asio::prefer(
        std::declval<executor_for_t<Handler, asio::any_io_executor>>(),
        asio::execution::outstanding_work.tracked))>;

public:
    using executor_type = asio::any_io_executor;
    using allocator_type = asio::associated_allocator_t<Handler>;
    using cancellation_slot_type = asio::cancellation_slot;

    child_op(Handler handler, membership m)
        : member_(std::move(m)), handler_(std::move(handler)),
          work_(asio::prefer(
              executor_for(handler_, executor()), asio::execution::outstanding_work.tracked)) {
        if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
            slot.assign([weak = std::weak_ptr(child())](asio::cancellation_type) {
                if (const auto alive = weak.lock())
                    cancel(alive);
            });
    }

    const child_ptr& child() const noexcept { return member_.child(); }
    executor_type get_executor() const noexcept { return executor(); }
    allocator_type get_allocator() const noexcept {
        return asio::get_associated_allocator(handler_);
    }
    cancellation_slot_type get_cancellation_slot() const noexcept { return child()->signal.slot(); }

    template <class... Results>
    void operator()(Results... results) {
        clear_slot(asio::get_associated_cancellation_slot(handler_));
        note(member_.scope(), results...);
        const auto ex = std::move(work_);
        const auto allocator = get_allocator();
        // The scope is left when the handler has been called.
        asio::prefer(ex, asio::execution::blocking.possibly, asio::execution::allocator(allocator))
            .execute([member = std::move(member_),
                      handler = std::move(handler_),
                      all = std::tuple<Results...>(std::move(results)...)]() mutable {
                std::apply(std::move(handler), std::move(all));
            });
    }

private:
    const asio::any_io_executor& executor() const noexcept { return child()->executor; }

    static void note(scope_state& scope, const std::exception_ptr& failure, const auto&...) {
        scope.fail(failure);
    }
    static void note(scope_state& scope, error_code ec, const auto&...) {
        scope.fail(ec ? make_failure(ec, "scope") : nullptr);
    }
    static void note(scope_state&, const auto&...) {}

    membership member_;
    Handler handler_;
    tracked work_;
};

/// The end of a scope's children as a stream without items: it fails with the first failure of one.
class children_stream {
public:
    using value_type = std::monostate;
    using executor_type = asio::any_io_executor;

    /// Those that are left at `until` are cancelled.
    children_stream(
        executor_type ex, std::shared_ptr<scope_state> state, clock::time_point until) noexcept
        : executor_(std::move(ex)), state_(std::move(state)), until_(until) {}

    executor_type get_executor() const noexcept { return executor_; }
    poll<value_type> try_next();

    template <class Handler>
    void async_wait(Handler handler) {
        timer::async_wait(state_, until_, executor_, std::move(handler));
    }

private:
    executor_type executor_;
    std::shared_ptr<scope_state> state_;
    clock::time_point until_;
};

} // namespace streamx::detail
