#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/ready.hpp>

#include <utility>

namespace streamx::detail {

template <class Ready, class Up>
struct initiate_wait_unless {
    template <class Handler>
    void operator()(Handler handler) const {
        if (ready())
            async_ready(std::move(handler), up->get_executor());
        else
            up->async_wait(std::move(handler));
    }

    Ready ready;
    Up* up;
};

/// The `async_wait` of an operator that may have something to give by itself: waits for upstream
/// unless `ready()` holds when the wait begins.
template <class Ready, class Up, class Token>
auto async_wait_unless(Ready ready, Up& up, Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(
        initiate_wait_unless<Ready, Up>{std::move(ready), &up}, token);
}

} // namespace streamx::detail
