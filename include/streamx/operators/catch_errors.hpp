#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/result.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <exception>
#include <utility>

namespace streamx {

namespace detail {
/// A stream that can be taken apart: it calls its function with one item at a time in `apply`, which
/// gives what it makes of the item, or `pending` if that is nothing, and shows where its items come
/// from. So `catch_errors` knows one's throw from the other's.
template <class S>
concept applying_stream = async_stream<S> && requires(S& s) {
    { s.apply(*s.upstream().try_next()) } -> std::same_as<poll<item_t<S>>>;
};
} // namespace detail

/// The stream that `catch_errors` makes: what `Op` makes of its upstream's items, or what it throws.
template <async_stream Op>
class [[nodiscard]] catch_errors_stream : public stream_interface<catch_errors_stream<Op>> {
    static_assert(
        detail::applying_stream<Op>,
        "catch_errors: it stands directly after an operator that calls a function once for each "
        "item, such as map, filter, filter_map, inspect or scan");

public:
    using value_type = result<item_t<Op>, std::exception_ptr>;
    using executor_type = executor_t<Op>;

    explicit catch_errors_stream(Op op) : op_(std::move(op)) {}

    executor_type get_executor() const noexcept { return op_.get_executor(); }

    poll<value_type> try_next() {
        // As in the operators that drop items: after so many in a row it is pending once.
        for (unsigned left = detail::budget; left != 0; --left) {
            auto item = op_.upstream().try_next(); // what this throws is upstream's failure
            if (!item)
                return item.template without_item<value_type>();
            try {
                if (auto made = op_.apply(*std::move(item)); !made.is_pending())
                    return std::move(made).transform([](item_t<Op>&& value) {
                        return value_type(value_type::in_place_value, std::move(value));
                    });
            } catch (...) {
                return value_type(value_type::in_place_error, std::current_exception());
            }
        }
        return pending;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return op_.async_wait(std::forward<Token>(token));
    }

private:
    Op op_;
};

/// Makes an item of what the function of the operator directly before it throws, and goes on with
/// the next: `map(parse) | catch_errors()` gives `result<U, std::exception_ptr>`s. It works behind
/// whatever `itemwise` makes, such as `map`, `filter`, `filter_map` and `inspect`, and behind an
/// operator of your own that has `upstream()` and `apply(item)`. The item at which the function
/// threw is gone.
/// @marble  `-1--2--3-|`  ->  `map(throws at 2) | catch_errors()`  ->  `-1--E--3-|`
/// @errors  upstream's own failure, unchanged: only the function's throws become items
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation but the exception's, no copy, nothing buffered; nothing where none is
///          thrown
/// @others  none
[[nodiscard]] inline auto catch_errors() {
    return adaptor([]<async_stream Op>(Op op) { return catch_errors_stream<Op>(std::move(op)); });
}

} // namespace streamx
