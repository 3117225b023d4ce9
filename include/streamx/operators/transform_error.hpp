#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/result.hpp>
#include <streamx/core/stream_interface.hpp>

#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {
template <class Up, class Fn>
struct transformed_error {
    static_assert(
        function_of_failures<Fn, Up>,
        "transform_error: the function takes neither the error of items that are "
        "streamx::result<T, E> nor the std::exception_ptr of a failed stream");
    using item = item_t<Up>;
    using error = std::invoke_result_t<Fn&, std::exception_ptr>;
};
template <class Up, function_of_errors<Up> Fn>
struct transformed_error<Up, Fn> {
    using error = std::decay_t<std::invoke_result_t<Fn&, item_error_t<Up>>>;
    using item = result<item_value_t<Up>, error>;
};
} // namespace detail

/// The stream that `transform_error` makes: upstream with other errors.
template <async_stream Up, class Fn>
class [[nodiscard]] transform_error_stream
    : public stream_interface<transform_error_stream<Up, Fn>> {
    static_assert(
        !std::is_void_v<typename detail::transformed_error<Up, Fn>::error>,
        "transform_error: the function returns nothing; `inspect_error` is for side effects");

public:
    using value_type = typename detail::transformed_error<Up, Fn>::item;
    using executor_type = executor_t<Up>;

    transform_error_stream(Up up, Fn fn) : up_(std::move(up)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if constexpr (detail::function_of_errors<Fn, Up>) {
            auto item = up_.try_next();
            if (!item)
                return item.template without_item<value_type>();
            if (*item) [[likely]]
                return value_type(value_type::in_place_value, std::move(**item));
            return value_type(
                value_type::in_place_error, std::invoke(fn_, std::move(*item).error()));
        } else {
            try {
                return up_.try_next();
            } catch (...) {
                streamx::throw_error(std::invoke(fn_, std::current_exception()));
            }
        }
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    [[no_unique_address]] Fn fn_;
};

/// Passes errors through a function. Where the items are `result<T, E>` and `fn` takes an `E`, these
/// are the error items, and the stream becomes one of `result<T, E2>`. Where `fn` takes a
/// `std::exception_ptr` it is the failure that ends the stream; `fn` returns another, an
/// `error_code`, an exception or whatever else `throw_error` takes. If `E` is a
/// `std::exception_ptr` too, `fn` is given the error items and not the failure.
/// @marble  `-1--E--2-|`  ->  `transform_error(e => f(e))`  ->  `-1--F--2-|`
/// @errors  upstream's, or what the function makes of it; what the function throws fails the stream
///          with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, nothing buffered; a copy of each error item's `E`
/// @others  map_err (futures), mapError (Akka)
template <class Fn>
[[nodiscard]] auto transform_error(Fn fn) {
    return adaptor([fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        return transform_error_stream<Up, Fn>(std::move(up), std::move(fn));
    });
}

} // namespace streamx
