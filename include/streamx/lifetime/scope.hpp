#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/initiate.hpp>
#include <streamx/core/detail/steps.hpp>
#include <streamx/core/end_reason.hpp>
#include <streamx/lifetime/detail/scope_state.hpp>
#include <streamx/time/clock_service.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/query.hpp>

#include <exception>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {

/// How each kind of work runs as the child of a scope: what it completes with, and how it is begun.
template <class Work>
struct hosted {
    static_assert(
        !std::is_same_v<Work, Work>,
        "scope::spawn: this is neither a stream, nor an `asio::awaitable`, nor an operation made "
        "with "
        "`asio::deferred`");
};
template <async_stream S>
struct hosted<S> {
    using signature = void(std::exception_ptr);
    template <class Handler>
    static void begin(const asio::any_io_executor&, S stream, Handler handler) {
        drive_op<S, ignore_step, Handler>::start(
            passed<S>{std::move(stream)}, ignore_step(), std::move(handler));
    }
};
template <class T>
struct hosted<asio::awaitable<T>> {
    using signature = void(std::exception_ptr, T);
    template <class Handler>
    static void begin(const asio::any_io_executor& ex, asio::awaitable<T> work, Handler handler) {
        asio::co_spawn(ex, std::move(work), std::move(handler));
    }
};
template <>
struct hosted<asio::awaitable<void>> {
    using signature = void(std::exception_ptr);
    template <class Handler>
    static void
    begin(const asio::any_io_executor& ex, asio::awaitable<void> work, Handler handler) {
        asio::co_spawn(ex, std::move(work), std::move(handler));
    }
};
template <class Op>
    requires(asio::is_async_operation<Op>::value && !async_stream<Op>)
struct hosted<Op> {
    using signature = asio::completion_signature_of_t<Op>;
    template <class Handler>
    static void begin(const asio::any_io_executor&, Op op, Handler handler) {
        std::move(op)(std::move(handler));
    }
};

struct initiate_child {
    template <class Handler, class Work>
    void operator()(
        Handler handler,
        std::shared_ptr<scope_state> scope,
        const asio::any_io_executor& ex,
        Work work) const {
        const auto child = std::make_shared<scope_child>(ex);
        child_op<Handler> op(std::move(handler), membership(std::move(scope), child));
        const auto memory = op.get_allocator();
        post_to(ex, memory, [child, op = std::move(op), work = std::move(work)]() mutable {
            hosted<Work>::begin(child->executor, std::move(work), std::move(op));
            if (child->cancelled) // perhaps before there was anything to listen
                child->signal.emit(asio::cancellation_type::terminal);
        });
    }
};

} // namespace detail

/// Owns pipelines and coroutines that run by themselves, each on an executor of its own, until all of
/// them have come to their end: it can wait for that, hears of their failures, and stops them.
///
/// A child comes to one of three ends, `end_reason`: it is done, it has failed, or it was cancelled,
/// which is no failure. One that fails does not stop the others.
///
/// A scope that is destroyed cancels its children and does not wait for them; what they refer to must
/// then live on. Join it before.
class scope {
public:
    using executor_type = asio::any_io_executor;

    /// `ex` is where its own operations complete, and whose clock a deadline goes by.
    explicit scope(executor_type ex)
        : executor_(std::move(ex)), state_(std::make_shared<detail::scope_state>(
                                        asio::query(executor_, asio::execution::context))) {}
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope() { request_stop(); }

    executor_type get_executor() const noexcept { return executor_; }

    /// Runs something on `ex` until it comes to its end: a stream, which is pulled to its end (its last
    /// operator does what there is to do with the items); an `asio::awaitable`; or an operation made
    /// with `asio::deferred`, such as a terminal. Without a token nobody but who joins hears of its end.
    /// @completes `void(std::exception_ptr)`, with a coroutine's result behind it if it has one, or as
    ///            the operation does; on the handler's associated executor, `ex` by default; never
    ///            inside this call
    /// @errors  what the work has failed with; `operation_aborted` when it was cancelled
    /// @cancels total, partial, terminal cancel the child alike (terminal)
    /// @threads any
    template <class Work, class Token>
    auto spawn(const executor_type& ex, Work work, Token&& token) {
        return detail::initiate<typename detail::hosted<Work>::signature>(
            detail::initiate_child(), std::forward<Token>(token), state_, ex, std::move(work));
    }
    template <class Work>
    void spawn(const executor_type& ex, Work work) {
        spawn(ex, std::move(work), asio::detached);
    }

    /// What a child can listen to, to come to its end by itself: `pipeline | stop_on(s.get_stop_token())`.
    std::stop_token get_stop_token() const noexcept { return state_->stop.get_token(); }

    /// Requests a stop and cancels all children, and those that are spawned from now on. May be called
    /// from any thread.
    void request_stop() { state_->cancel_all(); }

    /// Waits until there are no children any more.
    /// @completes `void(std::exception_ptr)` on the handler's associated executor, the scope's by
    ///            default; never inside this call
    /// @errors  the first failure of a child that nobody has joined before; `operation_aborted` when
    ///          this call was cancelled; `errc::operation_in_progress` when another join or stop waits
    /// @cancels total, partial, terminal; the children go on
    /// @threads any; one at a time
    template <class Token>
    auto async_join(Token&& token) {
        return join(detail::clock::time_point::max(), std::forward<Token>(token));
    }

    /// Requests a stop of those that listen to the stop token, so that they come to their end in good
    /// order, waits until there are no children any more, and cancels those that are left after
    /// `within`: at once if that is 0 or, as a deadline may have passed, negative.
    /// @completes `void(std::exception_ptr)` on the handler's associated executor, the scope's by
    ///            default; never inside this call
    /// @errors  as `async_join`; a child that had to be cancelled is no failure
    /// @cancels total, partial, terminal; the stop stays requested, and what is left goes on
    /// @threads any; one at a time
    template <class Token>
    auto async_stop(clock_service::duration within, Token&& token) {
        state_->stop.request_stop();
        return join(detail::later(state_->now(), within), std::forward<Token>(token));
    }

private:
    template <class Token>
    auto join(detail::clock::time_point until, Token&& token) {
        return detail::async_drive<void(std::exception_ptr)>(
            detail::children_stream(executor_, state_, until),
            detail::ignore_step(),
            std::forward<Token>(token));
    }

    executor_type executor_;
    std::shared_ptr<detail::scope_state> state_;
};

} // namespace streamx
