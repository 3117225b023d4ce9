#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/wait_unless.hpp>
#include <streamx/core/stream_interface.hpp>

#include <optional>
#include <utility>

namespace streamx {

/// The stream that `default_if_empty` makes: upstream's items, or one in their stead.
template <async_stream Up>
class [[nodiscard]] default_if_empty_stream : public stream_interface<default_if_empty_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    default_if_empty_stream(Up up, value_type item)
        : up_(std::move(up)), default_(std::move(item)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (ended_)
            return end;
        auto item = up_.try_next();
        if (item)
            default_.reset();
        else if (item.is_end() && default_) {
            ended_ = true;
            item = *std::exchange(default_, std::nullopt);
        }
        return item;
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        if (ended_)
            return detail::halt::end;
        bool any = !default_;
        const auto why =
            detail::each_ready(up_, [&](value_type&& item) __attribute__((always_inline)) {
                any = true;
                return take(std::move(item));
            });
        if (any)
            default_.reset();
        else if ((ended_ = why == detail::halt::end))
            take(*std::exchange(default_, std::nullopt));
        return why;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_wait_unless(
            [this] { return ended_; }, up_, std::forward<Token>(token));
    }

private:
    Up up_;
    std::optional<value_type> default_;
    bool ended_ = false;
};

/// Passes on the items, and gives this one if there were none.
/// @marble  `------|`  ->  `default_if_empty(0)`  ->  `------(0|)`
/// @errors  upstream's, unchanged
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation; the default is held until the first item
/// @others  defaultIfEmpty (Rx), orElse (Akka)
template <class T>
[[nodiscard]] auto default_if_empty(T item) {
    return adaptor([item = std::move(item)]<async_stream Up>(Up up) mutable {
        return default_if_empty_stream<Up>(std::move(up), item_t<Up>(std::move(item)));
    });
}

} // namespace streamx
