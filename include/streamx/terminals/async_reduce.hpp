#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/awaitable_fn.hpp>
#include <streamx/core/detail/steps.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace streamx {

/// Combines all items: `result = op(result, item)` for each after the first, which it starts from.
/// Empty if there is none.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue. `op` may be a plain
/// function or one that returns an `asio::awaitable<value_type>`, which is awaited before the next
/// item is pulled.
/// @completes `void(std::exception_ptr, std::optional<value_type>)` on the handler's associated
///            executor, the stream's by default, where `op` runs too; never inside this call. After
///            a failure of a plain `op` or the stream the value is what had been combined so far
/// @errors  what the stream or `op` threw; `operation_aborted` when cancelled or the stream
///          destroyed; `errc::operation_in_progress` when another pull is outstanding on a borrowed
///          stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  fold_left_first (ranges), reduce (Rx), Sink.reduce (Akka)
template <class S, class Op, class Token>
    requires async_stream_ref<S> && std::invocable<Op&, item_t<S>, item_t<S>>
auto async_reduce(S&& stream, Op op, Token&& token) {
    using result = std::optional<item_t<S>>;
    if constexpr (detail::awaitable_function<Op, item_t<S>, item_t<S>>)
        return detail::async_coroutine<void(std::exception_ptr, result)>(
            std::forward<S>(stream),
            [op = std::move(op)](auto& s) mutable -> asio::awaitable<result> {
                result value = co_await s.next();
                while (value) {
                    auto item = co_await s.next();
                    if (!item)
                        break;
                    *value = co_await std::invoke(op, *std::move(value), *std::move(item));
                }
                co_return std::move(value);
            },
            std::forward<Token>(token));
    else
        return detail::async_result_of(
            std::forward<S>(stream),
            result(),
            [op = std::move(op)](result& value, item_t<S>&& item) mutable {
                if (value)
                    *value = std::invoke(op, *std::move(value), std::move(item));
                else
                    value.emplace(std::move(item));
                return true;
            },
            std::forward<Token>(token));
}

} // namespace streamx
