#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/result.hpp>
#include <streamx/core/stream_interface.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {
/// A function that makes the stream which goes on in the place of a failed one.
template <class Fn, class Up>
concept function_of_replacement =
    (!function_of_errors<Fn, Up> || std::same_as<item_error_t<Up>, std::exception_ptr>) &&
    requires(Fn& fn, std::exception_ptr failure) {
        { std::invoke(fn, failure) } -> async_stream_of<item_t<Up>>;
    };

template <class Up, class Replacement>
struct replaced_error {
    static_assert(
        std::is_convertible_v<Replacement, item_value_t<Up>>,
        "or_else: what the function returns for an error item is neither a value of that result, "
        "nor a result, nor a stream of this stream's items");
    using item = item_value_t<Up>;
};
template <class Up, class T, class E>
struct replaced_error<Up, boost::system::result<T, E>> {
    static_assert(
        std::is_convertible_v<T, item_value_t<Up>>,
        "or_else: the function returns a result of another value_type");
    using item = result<item_value_t<Up>, E>;
};
} // namespace detail

/// The stream that `or_else` makes of results: each error item replaced.
template <async_stream Up, class Fn>
class [[nodiscard]] or_else_stream : public stream_interface<or_else_stream<Up, Fn>> {
    static_assert(
        detail::function_of_errors<Fn, Up>,
        "or_else: the function takes neither the error of items that are streamx::result<T, E>, "
        "nor "
        "the std::exception_ptr of a failed stream to return a stream of the same value_type");

public:
    using value_type = typename detail::replaced_error<
        Up,
        std::remove_cvref_t<std::invoke_result_t<Fn&, detail::item_error_t<Up>>>>::item;
    using executor_type = executor_t<Up>;

    or_else_stream(Up up, Fn fn) : up_(std::move(up)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }

    poll<value_type> try_next() {
        auto item = up_.try_next();
        if (!item)
            return item.template without_item<value_type>();
        if (!*item) [[unlikely]]
            return value_type(std::invoke(fn_, std::move(*item).error()));
        if constexpr (detail::is_result<value_type>)
            return value_type(value_type::in_place_value, std::move(**item));
        else
            return std::move(**item);
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    Up up_;
    [[no_unique_address]] Fn fn_;
};

/// The same, of a stream that fails: upstream, and after its failure the stream that a function
/// makes of that.
template <async_stream Up, detail::function_of_replacement<Up> Fn>
class [[nodiscard]] or_else_stream<Up, Fn> : public stream_interface<or_else_stream<Up, Fn>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    or_else_stream(Up up, Fn fn)
        : executor_(up.get_executor()), up_(std::move(up)), fn_(std::move(fn)) {}

    executor_type get_executor() const noexcept { return executor_; }

    poll<value_type> try_next() {
        if (up_)
            try {
                return up_->try_next();
            } catch (...) {
                replace(std::current_exception());
            }
        return replacement_->try_next();
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            detail::wait_op<Handler, executor_type> op(std::move(handler), self->executor_);
            if (self->up_)
                self->up_->async_wait(std::move(op));
            else
                self->replacement_->async_wait(std::move(op));
        }

        or_else_stream* self;
    };

    void replace(std::exception_ptr failure) {
        up_.reset();
        replacement_.emplace(std::invoke(fn_, std::move(failure)));
    }

    executor_type executor_;
    std::optional<Up> up_; // released before its replacement is made
    std::optional<std::invoke_result_t<Fn&, std::exception_ptr>> replacement_;
    [[no_unique_address]] Fn fn_;
};

/// Replaces each error item, or a stream that fails, by what a function makes of it.
///
/// Where the items are `result<T, E>` and `fn` takes an `E`: an error item becomes what `fn` returns
/// for it. Returns it a `T`, then the stream is one of `T`; returns it a `result<T, E2>`, of these.
///
/// Where `fn` takes a `std::exception_ptr` and returns a stream of the same `value_type`: when the
/// stream fails, it is released and goes on with that one, whose own failure is final.
/// @marble  `-1--E--2-|`  ->  `or_else(e => 0)`  ->  `-1--0--2-|`
/// @errors  items: upstream's failure, unchanged; a failed stream: its replacement's; what the
///          function throws fails the stream with that exception
/// @cancels as upstream or its replacement; nothing is held, so nothing can be lost
/// @cost    no allocation, nothing buffered; a copy of each error item's `E`
/// @others  or_else (futures), onErrorReturn, onErrorResumeNext (Rx), recover, recoverWith (Akka)
template <class Fn>
[[nodiscard]] auto or_else(Fn fn) {
    return adaptor([fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        return or_else_stream<Up, Fn>(std::move(up), std::move(fn));
    });
}

} // namespace streamx
