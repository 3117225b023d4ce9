#pragma once

namespace streamx::detail {

/// Names the coroutine (one that `co_spawn` has started, with all that it awaits) that a handler
/// goes on with: that of an operation it awaits itself, with `use_awaitable` as it is or adapted.
/// Null where that cannot be seen.
template <class Handler>
const void* coroutine_of(Handler& handler) noexcept {
    if constexpr (requires { handler.entry_point(); })
        return handler.entry_point();
    else if constexpr (requires { handler.handler_; }) // `as_tuple`, `redirect_error`, ...
        return coroutine_of(handler.handler_);
    else if constexpr (requires(
                           typename Handler::target_type* target) { // what binds something to it
                           target = &handler.get();
                       })
        return coroutine_of(handler.get());
    else
        return nullptr;
}

} // namespace streamx::detail
