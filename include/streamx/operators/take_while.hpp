#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <functional>
#include <utility>

namespace streamx {

/// The stream that `take_while` makes: upstream's items up to the first that fails a predicate.
template <async_stream Up, std::predicate<item_t<Up>&> Predicate>
class [[nodiscard]] take_while_stream : public stream_interface<take_while_stream<Up, Predicate>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    take_while_stream(Up up, Predicate predicate)
        : up_(std::move(up)), predicate_(std::move(predicate)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        auto item = up_.try_next();
        if (item && !std::invoke(predicate_, *item))
            return end;
        return item;
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        bool over = false;
        const auto why =
            detail::each_ready(up_, [&](value_type&& item) __attribute__((always_inline)) {
                if (std::invoke(predicate_, item)) [[likely]]
                    return take(std::move(item));
                over = true;
                return false;
            });
        return over ? detail::halt::end : why;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    [[no_unique_address]] Predicate predicate_;
};

/// Passes on the items as long as a predicate holds, and ends at the first for which it does not.
/// That item is dropped; what comes after it is left upstream.
/// @marble  `-1--2--3--1-|`  ->  `take_while(x => x < 3)`  ->  `-1--2--|`
/// @errors  upstream's, unchanged; what the predicate throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  take_while (futures), take_while (ranges), takeWhile (Rx), takeWhile (Akka)
template <class Predicate>
[[nodiscard]] auto take_while(Predicate predicate) {
    return adaptor([predicate = std::move(predicate)]<async_stream Up>(Up up) mutable {
        return take_while_stream<Up, Predicate>(std::move(up), std::move(predicate));
    });
}

} // namespace streamx
