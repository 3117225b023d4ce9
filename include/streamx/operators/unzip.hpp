#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/detail/unzipped.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>

namespace streamx {

/// One of the two streams that `unzip` makes.
template <async_stream Up, std::size_t I>
class [[nodiscard]] unzip_stream : public stream_interface<unzip_stream<Up, I>> {
    using shared = detail::unzipped<Up>;

public:
    using value_type = std::tuple_element_t<I, item_t<Up>>;
    using executor_type = executor_t<Up>;

    unzip_stream(std::shared_ptr<shared> state, executor_type ex)
        : executor_(std::move(ex)), state_(std::move(state)) {}
    unzip_stream(unzip_stream&&) = default;
    unzip_stream& operator=(unzip_stream other) noexcept {
        stream_interface<unzip_stream>::operator=(other);
        std::swap(executor_, other.executor_);
        state_.swap(other.state_);
        return *this;
    }
    ~unzip_stream() {
        if (state_)
            state_->template leave<I>();
    }

    executor_type get_executor() const noexcept { return executor_; }
    poll<value_type> try_next() { return state_ ? state_->template try_next<I>() : end; }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (const auto& s = self->state_)
                shared::template async_wait<I>(s, self->executor_, std::move(handler));
            else
                detail::async_ready(std::move(handler), self->executor_);
        }

        unzip_stream* self;
    };

    executor_type executor_;
    std::shared_ptr<shared> state_;
};

/// Makes a `std::pair` of two streams of a stream of pairs: one of the first halves, one of the
/// second. Each may be at most `limit` items ahead of the other and then is pending until that has
/// taken one or is destroyed, so consume them side by side. Throws `std::invalid_argument` if
/// `limit` is 0. Both belong to upstream's strand.
/// @marble  `-(1,a)--(2,b)-|`  ->  `unzip(8)`  ->  `-1--2-|`, `-a--b-|`
/// @errors  upstream's, to both, each after the items that came before it
/// @cancels items not taken yet stay for the next pull
/// @cost    one allocation; at most `limit` items buffered, of one half at a time
/// @others  unzip (futures), elements (ranges), unzip (Akka)
[[nodiscard]] inline auto unzip(std::size_t limit) {
    detail::checked_size(limit, "unzip: limit must be at least 1");
    return adaptor([limit]<async_stream Up>(Up up) {
        auto ex = up.get_executor();
        auto state = std::make_shared<detail::unzipped<Up>>(std::move(up), limit);
        return std::pair(unzip_stream<Up, 0>(state, ex), unzip_stream<Up, 1>(state, ex));
    });
}

} // namespace streamx
