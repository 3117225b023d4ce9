#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/state_stream.hpp>
#include <streamx/core/error.hpp>
#include <streamx/core/log.hpp>
#include <streamx/core/poll.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {

/// Calls an asynchronous function of the user's in a coroutine: one that returns an awaitable, or one
/// that takes a completion token last.
template <class Fn, class... Args>
auto call_awaitable(Fn& fn, Args&&... args) {
    if constexpr (std::invocable<Fn&, Args...>)
        return std::invoke(fn, std::forward<Args>(args)...);
    else
        return std::invoke(fn, std::forward<Args>(args)..., asio::use_awaitable);
}

/// The resource, the stream that uses it, and how far they are. A coroutine acquires, waits until the
/// resource has been used, and releases. What is here is who pulls' while it waits, and its own before
/// and after.
template <class Acquire, class Use, class Release>
class resource_use final
    : public std::enable_shared_from_this<resource_use<Acquire, Use, Release>> {
    using resource = typename decltype(call_awaitable(std::declval<Acquire&>()))::value_type;
    using stream = std::remove_cvref_t<std::invoke_result_t<Use&, resource&>>;
    static_assert(async_stream<stream>, "using_resource: `use(resource&)` must return a stream");

public:
    using value_type = item_t<stream>;
    using executor_type = asio::any_io_executor;

    resource_use(executor_type ex, Acquire acquire, Use use, Release release)
        : executor_(std::move(ex)), acquire_(std::move(acquire)), use_(std::move(use)),
          release_(std::move(release)) {}

    poll<value_type> try_next() {
        switch (where()) {
        case place::fresh:
            begin();
            return pending;
        case place::open:
            return pull();
        case place::over:
            if (failure_)
                std::rethrow_exception(std::exchange(failure_, nullptr));
            return end;
        default:
            return pending;
        }
    }

    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<resource_use>& self, const Executor& ex, Handler handler) {
        const auto where = self->where();
        if (where == place::open && self->stream_)
            return self->stream_->async_wait(wait_op<Handler, Executor>(std::move(handler), ex));
        if (where != place::acquiring && where != place::releasing)
            self->ready_.wake();
        async_wait_on(
            std::shared_ptr<gate<std::mutex>>(self, &self->ready_), ex, std::move(handler));
    }

    /// Nobody pulls any more: what has been acquired is released all the same.
    void stop() noexcept {
        std::unique_lock lock(mutex_);
        abandoned_ = true;
        const auto where = place_;
        lock.unlock();
        ready_.abort(); // who waits does not wait for what goes on in the background
        if (where == place::open) {
            stream_.reset();
            used_.wake();
        } else if (where == place::acquiring) {
            post_to(executor_, std::allocator<void>(), [self = this->shared_from_this()] {
                if (self->where() == place::acquiring)
                    self->cancel_.emit(asio::cancellation_type::terminal);
            });
        }
    }

private:
    enum class place { fresh, acquiring, open, releasing, over };

    /// Tells how far the coroutine is. If it is destroyed before it is over, its context goes.
    class landing {
    public:
        explicit landing(std::shared_ptr<resource_use> state) : state_(std::move(state)) {}
        landing(const landing&) = delete;
        landing& operator=(const landing&) = delete;
        ~landing() {
            if (state_)
                state_->land(
                    place::over, make_failure(asio::error::operation_aborted, "using_resource"));
        }
        void open() { state_->land(place::open, nullptr); }
        void over(std::exception_ptr failure) {
            std::exchange(state_, nullptr)->land(place::over, std::move(failure));
        }

    private:
        std::shared_ptr<resource_use> state_;
    };

    place where() const {
        std::lock_guard lock(mutex_);
        return place_;
    }

    void land(place where, std::exception_ptr failure) {
        {
            std::lock_guard lock(mutex_);
            place_ = where;
            if (failure && !failure_)
                failure_ = std::move(failure);
        }
        ready_.wake();
    }

    void begin() {
        move_to(place::acquiring);
        asio::co_spawn(
            executor_,
            run(this->shared_from_this()),
            asio::bind_cancellation_slot(cancel_.slot(), [](std::exception_ptr) {}));
    }

    static asio::awaitable<void> run(std::shared_ptr<resource_use> self) {
        landing land(self);
        std::exception_ptr failure;
        try {
            self->resource_.emplace(co_await call_awaitable(self->acquire_));
            land.open();
        } catch (...) {
            failure = std::current_exception();
        }
        if (!failure) {
            if (!self->abandoned())
                co_await self->wait_until_used();
            try {
                if constexpr (takes_reference)
                    co_await call_awaitable(self->release_, *self->resource_);
                else
                    co_await call_awaitable(self->release_, std::move(*self->resource_));
            } catch (...) {
                failure = std::current_exception();
            }
            self->resource_.reset();
            if (failure && (self->abandoned() || self->failure_))
                say("using_resource: release failed", failure);
        }
        land.over(failure);
    }
    static constexpr bool takes_reference =
        std::invocable<Release&, resource&> ||
        std::invocable<Release&, resource&, asio::use_awaitable_t<>>;

    /// Parked in the context: when that goes, the coroutine does.
    auto wait_until_used() {
        return asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(
            [self = this->shared_from_this()](auto handler) {
                async_wait_on(
                    std::shared_ptr<gate<std::mutex>>(self, &self->used_),
                    self->executor_,
                    std::move(handler));
            },
            asio::use_awaitable);
    }

    void move_to(place where) {
        std::lock_guard lock(mutex_);
        place_ = where;
    }
    bool abandoned() const {
        std::lock_guard lock(mutex_);
        return abandoned_;
    }

    poll<value_type> pull() {
        try {
            if (!stream_)
                stream_.emplace(std::invoke(use_, *resource_));
            auto item = stream_->try_next();
            if (!item.is_end())
                return item;
        } catch (...) {
            failure_ = std::current_exception();
        }
        stream_.reset();
        move_to(place::releasing);
        used_.wake();
        return pending;
    }

    static void say(const char* what, const std::exception_ptr& failure) noexcept {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            log_failure(what, e.what());
        } catch (...) {
            log_failure(what, "not a std::exception");
        }
    }
    static void log_failure(const char* what, const char* why) noexcept {
        try {
            log(log_level::error, std::string(what) + ": " + why);
        } catch (const std::bad_alloc&) {
            log(log_level::error, what);
        }
    }

    executor_type executor_;
    [[no_unique_address]] Acquire acquire_;
    [[no_unique_address]] Use use_;
    [[no_unique_address]] Release release_;
    std::optional<resource> resource_;
    std::optional<stream> stream_; // after the resource, which it may refer to
    std::exception_ptr failure_;   // is told when all has been released
    asio::cancellation_signal cancel_;
    gate<std::mutex> ready_; // for who pulls: something has been acquired, or released
    gate<std::mutex> used_;  // for the coroutine: it is to be released

    mutable std::mutex mutex_;
    place place_ = place::fresh;
    bool abandoned_ = false;
};

} // namespace detail

/// A stream that has something while it runs, a connection or a file say, and gives it back whatever
/// happens: `acquire()` gets it, asynchronously, with the first pull; `use(resource&)` returns the
/// stream; `release(resource)` is run, asynchronously, when that has ended or failed, before the end or
/// the failure is told, and also when this stream is destroyed before, in the background then.
///
/// `acquire` and `release` return an `asio::awaitable`, or take a completion token last. They run on
/// `ex`, which must not run them on two threads at once. When the stream is destroyed while the resource
/// is acquired, that is cancelled, and what comes of it all the same is released.
/// @marble  `using_resource(ex, open, read, close)`  ->  `--1-2--|` (opened at 1, closed before the end)
/// @errors  what `acquire` throws; the stream's, after `release`; what `release` throws, if nothing
///          else failed, and otherwise it is logged; `operation_aborted` if the context goes
/// @cancels a wait is no more than that: it stops neither `acquire` nor `release`
/// @cost    an allocation and a coroutine, which counts as work while there is a resource; nothing
///          buffered
/// @others  using (Rx), Source.unfoldResourceAsync (Akka)
template <class Acquire, class Use, class Release>
[[nodiscard]] auto
using_resource(asio::any_io_executor ex, Acquire acquire, Use use, Release release) {
    using state = detail::resource_use<Acquire, Use, Release>;
    auto s = std::make_shared<state>(ex, std::move(acquire), std::move(use), std::move(release));
    return detail::state_stream<state>(std::move(ex), std::move(s));
}

} // namespace streamx
