#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/consumer_scope.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/initiate.hpp>
#include <streamx/core/detail/next.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx::detail {

template <class>
inline constexpr bool is_awaitable = false;
template <class T, class Executor>
inline constexpr bool is_awaitable<asio::awaitable<T, Executor>> = true;

/// A user's function that returns an awaitable, to be awaited before the next item is pulled.
template <class Fn, class... Args>
concept awaitable_function =
    std::invocable<Fn&, Args...> && is_awaitable<std::invoke_result_t<Fn&, Args...>>;

/// What a coroutine completes. Asio's `co_spawn` would leave a handler of its own in the user's
/// slot, with an executor whose context may be gone when the signal is emitted, and refers to
/// itself from what it dispatches. Here the slot holds a weak reference, and nothing after
/// completion; the inner signal is emitted on the coroutine's executor, where that dispatch is a
/// call.
template <class Handler, class Executor>
class coroutine_op : public bound_handler<Handler, Executor> {
    using bound = bound_handler<Handler, Executor>;

    struct cancellation {
        explicit cancellation(const Executor& ex) : executor(ex) {}
        asio::cancellation_signal signal;
        Executor executor;
    };

public:
    using cancellation_slot_type = asio::cancellation_slot;

    coroutine_op(Handler handler, const Executor& ex) : bound(std::move(handler), ex) {
        using any = decltype(state_allocator(bound::get_allocator()));
        using allocator = typename std::allocator_traits<any>::template rebind_alloc<cancellation>;
        inner_ = std::allocate_shared<cancellation>(
            allocator(state_allocator(bound::get_allocator())), ex);
        if (auto slot = bound::get_cancellation_slot(); slot.is_connected())
            slot.assign([weak = std::weak_ptr(inner_)](asio::cancellation_type how) {
                if (auto inner = weak.lock())
                    post_to(inner->executor, std::allocator<void>(), [weak, how] {
                        if (auto still = weak.lock())
                            still->signal.emit(how);
                    });
            });
    }

    cancellation_slot_type get_cancellation_slot() const noexcept { return inner_->signal.slot(); }

    template <class... Results>
    void operator()(Results... results) {
        clear_slot(bound::get_cancellation_slot());
        inner_.reset();
        std::move(bound::handler())(std::move(results)...);
    }

private:
    std::shared_ptr<cancellation> inner_;
};

/// What the coroutine of a terminal pulls from: it has the claim to the stream for its whole life.
template <class S>
class pulled {
public:
    pulled(std::remove_reference_t<S>& s, const claim<S>& mine) noexcept
        : stream_(&s), mine_(&mine) {}

    asio::awaitable<std::optional<item_t<S>>> next() { return next_item(*stream_, mine_); }

private:
    std::remove_reference_t<S>* stream_;
    const claim<S>* mine_;
};

template <class S, class Body>
struct initiate_coroutine {
    using result = std::invoke_result_t<Body&, pulled<S>&>;

    /// Not const: g++ 12 with a sanitizer takes an empty initiation for an uninitialised one then.
    template <class Handler>
    void operator()(Handler handler, passed<S> stream, Body body) {
        consumer_scope::pulls();
        auto ex = executor_for(handler, executor_of(stream.get()));
        auto mine = std::make_unique<claim<S>>(stream.look());
        coroutine_op<Handler, decltype(ex)> op(std::move(handler), ex);
        asio::co_spawn(ex, run(std::move(stream), std::move(mine), std::move(body)), std::move(op));
    }

    static result run(passed<S> passed_stream, std::unique_ptr<claim<S>> mine, Body body) {
        co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
        if (mine->orphaned())
            throw boost::system::system_error(asio::error::operation_aborted, "streamx");
        if (!*mine)
            throw boost::system::system_error(errc::operation_in_progress, "streamx");
        S stream = passed_stream.get();
        pulled<S> source(stream, *mine);
        co_return co_await body(source);
    }
};

/// Runs `body(pulled)`, a coroutine, as an operation on the handler's associated executor, the
/// stream's by default: the form a terminal takes when its function is a coroutine.
template <class Signature, class S, class Body, class Token>
auto async_coroutine(S&& stream, Body body, Token&& token) {
    return initiate<Signature>(
        initiate_coroutine<S, Body>(),
        std::forward<Token>(token),
        passed<S>{std::forward<S>(stream)},
        std::move(body));
}

} // namespace streamx::detail
