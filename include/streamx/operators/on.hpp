#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <utility>

namespace streamx {

/// The stream that `on` makes: upstream with an executor of its own.
template <async_stream Up, class Executor>
class [[nodiscard]] on_stream : public stream_interface<on_stream<Up, Executor>> {
public:
    using value_type = item_t<Up>;
    using executor_type = Executor;

    on_stream(Up up, Executor ex) : up_(std::move(up)), executor_(std::move(ex)) {}

    executor_type get_executor() const noexcept { return executor_; }
    poll<value_type> try_next() { return up_.try_next(); }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        return detail::each_ready(up_, take);
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            self->up_.async_wait(
                detail::wait_op<Handler, Executor>(std::move(handler), self->executor_));
        }

        on_stream* self;
    };

    Up up_;
    Executor executor_;
};

/// Gives a stream an executor (or the executor of an execution context): where its operations run
/// their steps and complete when their handler names none. It is needed for streams that have none
/// of their own, such as `range`; a handler's own executor goes before it.
/// @marble  `-1--2-|`  ->  `on(strand)`  ->  `-1--2-|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  subscribeOn (Rx)
template <class Executor>
[[nodiscard]] auto on(Executor ex)
    requires(!requires { ex.get_executor(); })
{
    return adaptor([ex = std::move(ex)]<async_stream Up>(Up up) mutable {
        return on_stream<Up, Executor>(std::move(up), std::move(ex));
    });
}

template <class ExecutionContext>
[[nodiscard]] auto on(ExecutionContext& context)
    requires requires { context.get_executor(); }
{
    return on(context.get_executor());
}

} // namespace streamx
