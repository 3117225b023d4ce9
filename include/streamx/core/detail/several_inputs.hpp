#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/input_waits.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace streamx::detail {

/// A few inputs that an operator asks each in its own time, and the waits for those that have not
/// ended. The waits need shared state, which is made by the first: where nothing waits nothing is
/// allocated.
template <async_stream... Ss>
class several_inputs {
    using inputs = input_tuple<Ss...>;
    using waits = input_waits<sizeof...(Ss)>;

public:
    using executor_type = typename inputs::executor_type;

    explicit several_inputs(Ss... streams)
        : inputs_(std::move(streams)...), executor_(inputs_.get_executor()) {}

    executor_type get_executor() const noexcept { return executor_; }

    /// Input `I`'s next item: `pending` while it is waited for. At its end it is released, and not to
    /// be asked again.
    template <std::size_t I>
    auto ask() -> decltype(std::declval<inputs&>().template get<I>().try_next()) {
        if (waits_) {
            if (waits_->outstanding(I))
                return pending;
            waits_->check(I);
        }
        auto item = inputs_.template get<I>().try_next();
        if (item.is_end())
            release<I>();
        return item;
    }

    template <std::size_t I>
    bool has() const noexcept {
        return inputs_.template has<I>();
    }

    template <std::size_t I>
    void release() noexcept {
        inputs_.template release<I>();
    }

    /// Waits until an input is worth asking, or not at all if there is none left. The waits of the
    /// inputs outlast this one, and are not begun twice.
    template <class Handler>
    void async_wait(Handler handler) {
        if (!any_left(indices()))
            return async_ready(std::move(handler), executor_);
        if (!waits_)
            waits_ = std::make_shared<waits>();
        auto ex = executor_for(handler, executor_);
        begin_waits(ex, indices());
        waits::async_wait(waits_, ex, std::move(handler));
    }

private:
    using indices = std::index_sequence_for<Ss...>;

    template <std::size_t... I>
    bool any_left(std::index_sequence<I...>) const noexcept {
        return (has<I>() || ...);
    }

    template <class Executor, std::size_t... I>
    void begin_waits(const Executor& ex, std::index_sequence<I...>) {
        (begin_wait<I>(ex), ...);
    }
    template <std::size_t I, class Executor>
    void begin_wait(const Executor& ex) {
        if (has<I>() && !waits_->outstanding(I))
            waits::begin(waits_, I, inputs_.template get<I>(), ex);
    }

    inputs inputs_;
    [[no_unique_address]] executor_type executor_;
    own_ptr<waits> waits_; // from the first wait on
};

/// The stream of an operator over several inputs. `F` is what it does:
/// `poll<value_type> next(several_inputs<Ss...>&)`.
template <class F, async_stream... Ss>
class [[nodiscard]] several_inputs_stream
    : public stream_interface<several_inputs_stream<F, Ss...>> {
    using inputs = several_inputs<Ss...>;

public:
    using value_type = typename F::value_type;
    using executor_type = typename inputs::executor_type;

    explicit several_inputs_stream(F f, Ss... streams)
        : inputs_(std::move(streams)...), f_(std::move(f)) {}

    executor_type get_executor() const noexcept { return inputs_.get_executor(); }
    poll<value_type> try_next() { return f_.next(inputs_); }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            self->inputs_.async_wait(std::move(handler));
        }

        several_inputs_stream* self;
    };

    inputs inputs_;
    [[no_unique_address]] F f_;
};

} // namespace streamx::detail
