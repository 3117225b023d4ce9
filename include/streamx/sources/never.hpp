#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace streamx {

/// The stream that `never` makes.
template <class T>
class [[nodiscard]] never_stream : public stream_interface<never_stream<T>> {
public:
    using value_type = T;
    using executor_type = no_executor;

    never_stream() = default;
    never_stream(never_stream&&) = default;
    never_stream& operator=(never_stream&&) = default;

    executor_type get_executor() const noexcept { return {}; }
    poll<T> try_next() { return pending; }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (!self->closed_)
                self->closed_ = std::make_shared<detail::gate<std::mutex>>();
            detail::async_wait_on(self->closed_, no_executor(), std::move(handler));
        }

        never_stream* self;
    };

    std::shared_ptr<detail::gate<std::mutex>> closed_; // nobody wakes it; made when there is a wait
};

/// A stream of `T` that gives nothing and does not end either. A wait for it ends by cancellation,
/// with the stream, or with the `io_context`.
/// @marble  `never<int>()`  ->  `------`
/// @errors  none
/// @cancels nothing is held, so nothing can be lost
/// @cost    an allocation with the first wait
/// @others  pending (futures), never (Rx), Source.never (Akka)
template <class T>
[[nodiscard]] never_stream<T> never() {
    return {};
}

} // namespace streamx
