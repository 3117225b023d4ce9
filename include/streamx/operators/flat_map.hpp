#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/elements.hpp>
#include <streamx/core/detail/flatten.hpp>
#include <streamx/core/detail/wait_unless.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `flat_map` makes: the elements of the ranges that a function makes of upstream's
/// items.
template <async_stream Up, std::invocable<item_t<Up>> Fn>
    requires std::ranges::input_range<std::invoke_result_t<Fn&, item_t<Up>>>
class [[nodiscard]] flat_map_stream : public stream_interface<flat_map_stream<Up, Fn>> {
    using inner = std::remove_cvref_t<std::invoke_result_t<Fn&, item_t<Up>>>;

public:
    using value_type = std::ranges::range_value_t<inner>;
    using executor_type = executor_t<Up>;

    flat_map_stream(Up up, Fn fn) : up_(std::move(up)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        for (unsigned left = detail::budget; left != 0; --left) {
            if (inner_)
                if (auto item = inner_->try_next())
                    return item;
            auto outer = up_.try_next();
            if (!outer)
                return outer.template without_item<value_type>();
            inner_.emplace(std::invoke(fn_, *std::move(outer)));
        }
        return pending;
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        if (inner_)
            if (const auto why = inner_->each_ready(take); why != detail::halt::end)
                return why;
        std::size_t given = 0;
        auto inner_why = detail::halt::end;
        const auto why =
            detail::each_ready(up_, [&](item_t<Up>&& outer) __attribute__((always_inline)) {
                detail::elements<inner> elements(std::invoke(fn_, std::move(outer)));
                inner_why =
                    elements.each_ready([&](value_type&& item) __attribute__((always_inline)) {
                        ++given;
                        return take(std::move(item));
                    });
                if (inner_why != detail::halt::end)
                    inner_.emplace(std::move(elements)); // the rest is for the next time
                else if (given >= detail::budget)
                    inner_why = detail::halt::spent;
                return inner_why == detail::halt::end;
            });
        return why == detail::halt::asked ? inner_why : why;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_wait_unless(
            [this] { return inner_ && !inner_->empty(); }, up_, std::forward<Token>(token));
    }

private:
    Up up_;
    [[no_unique_address]] Fn fn_;
    std::optional<detail::elements<inner>> inner_;
};

/// Passes each item through a function that makes a container (or another range) of it, and gives
/// the elements of these one by one. A view's elements are copied, a container's moved out.
/// @marble  `-a--b-|`  ->  `flat_map(x => [x, x])`  ->  `-(aa)--(bb)-|`
/// @errors  upstream's, unchanged; what the function or an iterator throws fails the stream with
///          that exception
/// @cancels as upstream; the rest of a container stays for the next pull
/// @cost    one container at a time; one allocation for each that is not of random access
/// @others  flat_map (futures), join (ranges), flatMap (Rx), mapConcat (Akka)
template <class Fn>
[[nodiscard]] auto flat_map(Fn fn) {
    return adaptor([fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        return flat_map_stream<Up, Fn>(std::move(up), std::move(fn));
    });
}

/// Passes each item through a function that makes a stream of it, and merges those streams, up to `n`
/// at once: each item as it comes, fair round robin. The next is begun when one has ended. Throws
/// `std::invalid_argument` if `n` is 0.
/// @copydoc flat_map
template <class Fn>
[[nodiscard]] auto flat_map(std::size_t n, Fn fn) {
    detail::checked_size(n, "flat_map: n must be at least 1");
    return detail::flatten(n, detail::newcomer::waits_for_room, std::move(fn));
}

} // namespace streamx
