#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `defer` makes.
template <class Executor, std::invocable Fn>
class [[nodiscard]] defer_stream : public stream_interface<defer_stream<Executor, Fn>> {
    using stream_type = std::remove_cvref_t<std::invoke_result_t<Fn&>>;
    static_assert(async_stream<stream_type>, "defer: the function must return a stream");

public:
    using value_type = item_t<stream_type>;
    using executor_type = Executor;

    static_assert(
        !std::same_as<Executor, no_executor> || std::same_as<executor_t<stream_type>, no_executor>,
        "defer: the stream that the function makes has an executor, and this one must have it "
        "before that is made: use `defer(executor, function)`");

    defer_stream(Executor ex, Fn fn) : executor_(std::move(ex)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return executor_; }

    poll<value_type> try_next() {
        if (!stream_)
            stream_.emplace(std::invoke(fn_));
        return stream_->try_next();
    }

    /// Lets go of the stream that has been made: the next pull makes another. So `retry` and `restart`
    /// begin anew.
    void begin_again() noexcept { stream_.reset(); }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (!self->stream_)
                return detail::async_ready(std::move(handler), self->executor_);
            self->stream_->async_wait(
                detail::wait_op<Handler, Executor>(std::move(handler), self->executor_));
        }

        defer_stream* self;
    };

    [[no_unique_address]] Executor executor_;
    [[no_unique_address]] Fn fn_; // kept, as the stream may refer to what it has captured
    std::optional<stream_type> stream_;
};

/// The stream that a function returns, which is called by the first pull. Its stream must have no
/// executor of its own, as `range` has none.
/// @marble  `defer(() => range(0, 3))`  ->  `-0-1-2-|`
/// @errors  what the function throws fails the stream with that exception; then the stream's own
/// @cancels as the stream that is made
/// @cost    no allocation, no copy; compiles into the loop that drives it
/// @others  flatten_stream (futures), defer (Rx), Source.lazySource (Akka)
template <class Fn>
[[nodiscard]] auto defer(Fn fn) {
    return defer_stream<no_executor, Fn>({}, std::move(fn));
}

/// The same where the function's stream may be any: `ex` is this one's executor, as if it was
/// followed by `on(ex)`. (Say `streamx::defer`: for an executor of Asio's, `defer` alone means
/// `asio::defer` as well.)
template <class Executor, class Fn>
[[nodiscard]] auto defer(Executor ex, Fn fn) {
    return defer_stream<Executor, Fn>(std::move(ex), std::move(fn));
}

} // namespace streamx
