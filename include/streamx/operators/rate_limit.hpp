#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/time/detail/timer.hpp>
#include <streamx/time/detail/token_bucket.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace streamx {

namespace detail {
struct one_each {
    template <class T>
    constexpr std::uint64_t operator()(const T&) const noexcept {
        return 1;
    }
};

template <class Weight>
constexpr std::uint64_t tokens(Weight weight) {
    static_assert(
        std::integral<Weight>, "rate_limit: the weight of an item is a whole number of tokens");
    if constexpr (std::signed_integral<Weight>)
        if (weight < 0)
            throw std::invalid_argument("rate_limit: weight must not be negative");
    return static_cast<std::uint64_t>(weight);
}
} // namespace detail

/// The stream that `rate_limit` makes: upstream's items, not more than so many a second.
template <async_stream Up, class Weight>
class [[nodiscard]] rate_limit_stream : public stream_interface<rate_limit_stream<Up, Weight>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    rate_limit_stream(Up up, detail::token_bucket bucket, Weight weight)
        : up_(std::move(up)), weight_of_(std::move(weight)), bucket_(bucket),
          timer_(std::make_shared<detail::timer>(detail::context_of(up_))) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (held_) {
            if (!bucket_.take(weight_, timer_->now()))
                return pending;
            return *std::exchange(held_, std::nullopt);
        }
        auto item = up_.try_next();
        if (!item)
            return item;
        weight_ = detail::tokens(std::invoke(weight_of_, std::as_const(*item)));
        if (bucket_.take_late(weight_) || bucket_.take(weight_, timer_->now()))
            return item;
        held_.emplace(*std::move(item));
        return pending;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (self->held_)
                detail::timer::async_wait(
                    self->timer_,
                    self->bucket_.wake_at(),
                    self->get_executor(),
                    std::move(handler));
            else
                self->up_.async_wait(std::move(handler));
        }

        rate_limit_stream* self;
    };

    Up up_;
    [[no_unique_address]] Weight weight_of_;
    detail::token_bucket bucket_;
    detail::own_ptr<detail::timer> timer_;
    std::optional<value_type> held_;
    std::uint64_t weight_ = 0; // of what is held
};

namespace detail {
template <class Weight>
auto make_rate_limit(std::uint64_t rate, std::uint64_t burst, Weight weight) {
    if (rate == 0)
        throw std::invalid_argument("rate_limit: rate must be at least 1");
    if (rate > token_bucket::max_rate)
        throw std::invalid_argument("rate_limit: rate must be at most 10'000'000'000");
    if (burst == 0)
        throw std::invalid_argument("rate_limit: burst must be at least 1");
    return adaptor([bucket = token_bucket(rate, burst),
                    weight = std::move(weight)]<async_stream Up>(Up up) mutable {
        return rate_limit_stream<Up, Weight>(std::move(up), bucket, std::move(weight));
    });
}
} // namespace detail

/// Lets items through at `rate` a second on average and loses none: a token bucket of `burst` tokens,
/// full at first, so that the first item goes at once. A consumer that was slow gets no more than
/// `burst` items at once. The average is exact from 1 to 1'000'000 a second and beyond: a timer that
/// rings late is made up for, by up to 100 ms. At more than 10'000 a second who has to wait waits for
/// 500 us at least, and then gets what is due.
/// Throws `std::invalid_argument` if `rate` or `burst` is 0, or `rate` over 10'000'000'000.
/// @marble  `(1234)------|`  ->  `rate_limit(1, 2)`  ->  `(12)34----|`
/// @errors  upstream's, unchanged; what the weight function throws fails the stream
/// @cancels the item that is held until there are tokens stays for the next pull
/// @cost    one allocation; one item held; a look at the clock an item; a timer where it has to wait
/// @others  throttle (Akka)
[[nodiscard]] inline auto rate_limit(std::uint64_t rate, std::uint64_t burst = 1) {
    return detail::make_rate_limit(rate, burst, detail::one_each());
}

/// The same by weight, `rate` and `burst` being of that: bytes, say. `weight(item)` is how many tokens an
/// item needs, a whole number; a negative one fails the stream with `std::invalid_argument`. An item that
/// is heavier than `burst` waits for a full bucket, and those after it for what it took too much.
template <class Weight>
[[nodiscard]] auto rate_limit(std::uint64_t rate, std::uint64_t burst, Weight weight) {
    return detail::make_rate_limit(rate, burst, std::move(weight));
}

} // namespace streamx
