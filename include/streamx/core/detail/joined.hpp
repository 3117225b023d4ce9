#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/initiate.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/detail/state_stream.hpp>
#include <streamx/core/detail/steps.hpp>

#include <boost/asio/cancellation_type.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace streamx::detail {

/// The handler of a terminal that joins: cancellation is not for its driver, which would complete at
/// once and leave what is in flight behind.
template <class Handler, class Executor>
class joined_op : public bound_handler<Handler, Executor> {
    using bound = bound_handler<Handler, Executor>;

public:
    using bound::bound;

    using cancellation_slot_type = asio::cancellation_slot;
    cancellation_slot_type get_cancellation_slot() const noexcept { return {}; }

    void operator()(std::exception_ptr failure) {
        clear_slot(bound::get_cancellation_slot());
        std::move(bound::handler())(std::move(failure));
    }
};

template <class State>
struct initiate_joined {
    using stream = state_stream<State>;

    template <class Handler>
    void operator()(Handler handler, executor_t<stream> ex, own_ptr<State> state) const {
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
            slot.assign([weak = std::weak_ptr<State>(state)](asio::cancellation_type) {
                if (const auto alive = weak.lock())
                    alive->give_up();
            });
        using op = joined_op<Handler, executor_t<stream>>;
        op joined(std::move(handler), ex);
        drive_op<stream, ignore_step, op>::start(
            passed<stream>{stream(std::move(ex), std::move(state))},
            ignore_step(),
            std::move(joined));
    }
};

/// Drives a state that has something in flight to its end, and drops what it gives. When cancelled it
/// has `state->give_up()` called, by which that comes to its end, a failure, as soon as nothing is in
/// flight any more.
template <class State, class Executor, class Token>
auto async_drive_joined(const Executor& ex, std::shared_ptr<State> state, Token&& token) {
    return initiate<void(std::exception_ptr)>(
        initiate_joined<State>(), std::forward<Token>(token), ex, own_ptr<State>(std::move(state)));
}

} // namespace streamx::detail
