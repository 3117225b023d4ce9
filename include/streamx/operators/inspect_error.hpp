#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/result.hpp>
#include <streamx/core/stream_interface.hpp>

#include <exception>
#include <functional>
#include <utility>

namespace streamx {

/// The stream that `inspect_error` makes: upstream's items, with a function that is shown what goes
/// wrong.
template <async_stream Up, class Fn>
class [[nodiscard]] inspect_error_stream : public stream_interface<inspect_error_stream<Up, Fn>> {
    static_assert(
        detail::function_of_errors<Fn, Up> || detail::function_of_failures<Fn, Up>,
        "inspect_error: the function takes neither the error of items that are "
        "streamx::result<T, E> nor the std::exception_ptr of a failed stream");

public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    inspect_error_stream(Up up, Fn fn) : up_(std::move(up)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        if constexpr (detail::function_of_errors<Fn, Up>) {
            auto item = up_.try_next();
            if (item && !*item) [[unlikely]]
                std::invoke(fn_, item->error());
            return item;
        } else {
            try {
                return up_.try_next();
            } catch (...) {
                std::invoke(fn_, std::current_exception());
                throw;
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

/// Shows errors to a function and passes them on unchanged. Where the items are `result`s and `fn`
/// takes their `E`, these are the error items; where `fn` takes a `std::exception_ptr` it is the
/// failure that ends the stream. If `E` is that too, `fn` sees the error items and not the failure.
/// @marble  `-1--E--2-|`  ->  `inspect_error(print)`  ->  `-1--E--2-|`
/// @errors  upstream's, unchanged; what the function throws fails the stream with that exception
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, nothing buffered; a copy of each error item's `E`
/// @others  inspect_err (futures), doOnError (Rx), wireTap (Akka)
template <class Fn>
[[nodiscard]] auto inspect_error(Fn fn) {
    return adaptor([fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        return inspect_error_stream<Up, Fn>(std::move(up), std::move(fn));
    });
}

} // namespace streamx
