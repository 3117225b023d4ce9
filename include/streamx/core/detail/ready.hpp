#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>

#include <utility>

namespace streamx::detail {

/// Completes a wait at once, by a post.
template <class Executor>
struct initiate_ready {
    template <class Handler>
    void operator()(Handler handler) const {
        wait_op<Handler, Executor> op(std::move(handler), executor);
        auto ex = op.get_executor();
        auto allocator = op.get_allocator();
        post_to(ex, allocator, [op = std::move(op)]() mutable { op({}); });
    }

    Executor executor;
};

/// The `async_wait` of a stream that is never pending by itself.
template <class Executor = no_executor, class Token>
auto async_ready(Token&& token, const Executor& ex = {}) {
    return asio::async_initiate<Token, void(error_code)>(initiate_ready<Executor>{ex}, token);
}

} // namespace streamx::detail
