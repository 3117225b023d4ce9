#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <memory>
#include <utility>

namespace streamx::detail {

/// The stream of an operator all of whose state is shared, as something that it has begun may outlast
/// it. `State` has `try_next`, `async_wait(shared_ptr, executor, handler)`, `stop`, which is called
/// when nobody will pull any more, and `each_ready` if it takes part in the push.
template <class State>
class [[nodiscard]] state_stream : public stream_interface<state_stream<State>> {
public:
    using value_type = typename State::value_type;
    using executor_type = typename State::executor_type;

    state_stream(executor_type ex, std::shared_ptr<State> state) noexcept
        : executor_(std::move(ex)), state_(std::move(state)) {}
    state_stream(state_stream&&) = default;
    state_stream& operator=(state_stream other) noexcept {
        stream_interface<state_stream>::operator=(other);
        std::swap(executor_, other.executor_);
        state_.swap(other.state_);
        return *this;
    }
    ~state_stream() {
        if (state_)
            state_->stop();
    }

    executor_type get_executor() const noexcept { return executor_; }

    poll<value_type> try_next() { return state_ ? state_->try_next() : poll<value_type>(end); }

    template <class Take>
        requires requires(State& s, Take& take) { s.each_ready(take); }
    halt each_ready(Take&& take) {
        return state_ ? state_->each_ready(take) : halt::end;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (self->state_)
                State::async_wait(self->state_, self->executor_, std::move(handler));
            else
                async_ready(std::move(handler), self->executor_);
        }

        state_stream* self;
    };

    executor_type executor_;
    std::shared_ptr<State> state_;
};

} // namespace streamx::detail
