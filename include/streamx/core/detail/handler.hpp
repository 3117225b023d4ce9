#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/pool_allocator.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/require.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace boost::asio::detail {
template <class, class>
class promise_executor; // of <boost/asio/use_future.hpp>, which is too heavy to include for a name
}

namespace streamx::detail {

/// Whether an executor only stands for "anywhere": Asio gives `use_future`'s handlers one that
/// would take our steps to the system's thread pool, off the strand that they belong to.
template <class Executor>
inline constexpr bool is_anywhere = false;
template <class T, class Blocking>
inline constexpr bool is_anywhere<asio::detail::promise_executor<T, Blocking>> = true;

/// Whether a handler names the executor that it wants to run on.
template <class Handler, class Own = asio::associated_executor_t<Handler, no_executor>>
inline constexpr bool has_own_executor = !std::is_same_v<Own, no_executor> && !is_anywhere<Own>;

template <class Handler, class Fallback>
using executor_for_t = std::conditional_t<
    has_own_executor<Handler>,
    asio::associated_executor_t<Handler, no_executor>,
    Fallback>;

/// The executor that a handler runs on: its own, or else `fallback`.
template <class Handler, class Fallback>
executor_for_t<Handler, Fallback>
executor_for(const Handler& handler, const Fallback& fallback) noexcept {
    if constexpr (has_own_executor<Handler>)
        return asio::associated_executor<Handler, no_executor>::get(handler, no_executor());
    else
        return fallback;
}

/// A completion handler and the executor it falls back to: what every parked operation carries.
/// Its associators are the handler's own.
template <class Handler, class Fallback>
class bound_handler {
    static_assert(
        !std::is_same_v<executor_for_t<Handler, Fallback>, no_executor>,
        "neither this stream nor the completion handler has an executor: give the stream one with "
        "`| streamx::on(executor)`, or the handler one with `asio::bind_executor`");

    struct nothing {
        template <class T>
        explicit nothing(const T&) noexcept {}
    };

public:
    using executor_type = executor_for_t<Handler, Fallback>;
    using allocator_type = asio::associated_allocator_t<Handler>;
    using cancellation_slot_type = asio::associated_cancellation_slot_t<Handler>;

    bound_handler(Handler&& handler, const Fallback& fallback)
        : handler_(std::move(handler)), fallback_(fallback) {}

    /// By reference if it is the fallback, as to copy an `any_io_executor` takes some time.
    decltype(auto) get_executor() const noexcept {
        if constexpr (has_own_executor<Handler>)
            return executor_for(handler_, no_executor());
        else
            return (fallback_);
    }
    allocator_type get_allocator() const noexcept {
        return asio::get_associated_allocator(handler_);
    }
    cancellation_slot_type get_cancellation_slot() const noexcept {
        return asio::get_associated_cancellation_slot(handler_);
    }

    Handler& handler() noexcept { return handler_; }

private:
    Handler handler_;
    [[no_unique_address]] std::conditional_t<has_own_executor<Handler>, nothing, Fallback>
        fallback_;
};

/// A handler of a wait with an executor to fall back to.
template <class Handler, class Fallback>
struct wait_op : bound_handler<Handler, Fallback> {
    using bound_handler<Handler, Fallback>::bound_handler;
    void operator()(error_code ec) { std::move(this->handler())(ec); }
};

/// Runs `f` on `ex`, later: never inside this call.
template <class Executor, class Allocator, class F>
void post_to(const Executor& ex, const Allocator& allocator, F f) {
    asio::prefer(
        asio::require(ex, asio::execution::blocking.never), asio::execution::allocator(allocator))
        .execute(std::move(f));
}

/// The allocator for an operation's state: the handler's own, or else the pool's.
template <class Allocator>
auto state_allocator(const Allocator& allocator) {
    if constexpr (std::is_same_v<Allocator, std::allocator<void>>)
        return pool_allocator<void>();
    else
        return allocator;
}

/// Clears a slot that this operation has filled, so that a signal emitted later finds nothing.
template <class Slot>
void clear_slot(Slot slot) noexcept {
    if (slot.is_connected())
        slot.clear();
}

} // namespace streamx::detail
