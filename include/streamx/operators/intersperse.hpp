#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/hot.hpp>
#include <streamx/core/detail/wait_unless.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <optional>
#include <utility>

namespace streamx {

/// The stream that `intersperse` makes: upstream's items with one and the same between them.
template <async_stream Up>
    requires std::copy_constructible<item_t<Up>>
class [[nodiscard]] intersperse_stream : public stream_interface<intersperse_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    intersperse_stream(Up up, value_type separator)
        : up_(std::move(up)), separator_(std::move(separator)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if (held_)
            return *std::exchange(held_, std::nullopt);
        auto item = up_.try_next();
        if (item && std::exchange(begun_, true)) {
            held_ = std::move(item).to_optional();
            return separator_;
        }
        return item;
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        if (held_ && !take(*std::exchange(held_, std::nullopt)))
            return detail::halt::asked;
        detail::hot begun(begun_);
        return detail::each_ready(up_, [&](value_type&& item) __attribute__((always_inline)) {
            if (std::exchange(*begun, true) && !take(value_type(separator_))) {
                held_ = std::move(item);
                return false;
            }
            return take(std::move(item));
        });
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_wait_unless(
            [this] { return held_.has_value(); }, up_, std::forward<Token>(token));
    }

private:
    Up up_;
    value_type separator_;
    std::optional<value_type> held_; // goes after the separator just given
    bool begun_ = false;
};

/// Puts a separator between each two items, when the second has come.
/// @marble  `-1--2--3-|`  ->  `intersperse(0)`  ->  `-1--(02)--(03)-|`
/// @errors  upstream's, unchanged
/// @cancels as upstream; an item behind its separator stays for the next pull
/// @cost    a copy of the separator an item; one item buffered
/// @others  join_with (ranges), intersperse (Akka)
template <class T>
[[nodiscard]] auto intersperse(T separator) {
    return adaptor([separator = std::move(separator)]<async_stream Up>(Up up) mutable {
        return intersperse_stream<Up>(std::move(up), item_t<Up>(std::move(separator)));
    });
}

} // namespace streamx
