#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/time/detail/clock.hpp>
#include <streamx/time/detail/timed_input.hpp>

#include <memory>
#include <utility>

namespace streamx::detail {

/// The stream of an operator that waits for upstream and for a time at once. `F` is what the
/// operator does: `poll<value_type> next(timed_input<Up>&)`, and `until()`, the time at which that
/// is worth calling again though nothing came from upstream.
template <async_stream Up, class F>
class [[nodiscard]] timed_stream : public stream_interface<timed_stream<Up, F>> {
public:
    using value_type = typename F::value_type;
    using executor_type = executor_t<Up>;

    timed_stream(Up up, F f)
        : executor_(up.get_executor()), input_(std::make_shared<timed_input<Up>>(std::move(up))),
          f_(std::move(f)) {}

    executor_type get_executor() const noexcept { return executor_; }
    poll<value_type> try_next() { return f_.next(*input_); }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            timed_input<Up>::async_wait(
                self->input_, self->f_.until(), self->executor_, std::move(handler));
        }

        timed_stream* self;
    };

    executor_type executor_;
    own_ptr<timed_input<Up>> input_;
    F f_;
};

/// An adaptor that makes one: `make.operator()<T>()` is the `F` for items of type `T`.
template <class Make>
auto timed(Make make) {
    return adaptor([make = std::move(make)]<async_stream Up>(Up up) mutable {
        auto f = make.template operator()<item_t<Up>>();
        return timed_stream<Up, decltype(f)>(std::move(up), std::move(f));
    });
}

constexpr auto never_again = clock::time_point::max();
constexpr auto at_once = clock::time_point::min();

} // namespace streamx::detail
