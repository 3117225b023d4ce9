#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/error.hpp>

#include <boost/system/system_error.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace streamx {

namespace detail {

template <class T>
struct single_step {
    bool operator()(T&& item) {
        if (result)
            throw boost::system::system_error(errc::more_than_one_item, "async_single");
        result.emplace(std::move(item));
        return true;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        if (!failure && !result)
            failure = make_failure(errc::no_item, "async_single");
        std::move(handler)(std::move(failure), std::move(result));
    }

    std::optional<T> result;
};

} // namespace detail

/// Gives the one item of a stream that must have exactly one: none or a second one is a failure.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue. A second item is
/// taken and dropped, and what comes after it is left in it.
/// @completes `void(std::exception_ptr, std::optional<value_type>)` on the handler's associated
///            executor, the stream's by default; never inside this call. It is empty only with a
///            failure
/// @errors  what the stream threw; `errc::no_item`: the stream ended without one;
///          `errc::more_than_one_item`: there is a second one, and the result is the first;
///          `operation_aborted` when cancelled or the stream destroyed;
///          `errc::operation_in_progress` when another pull is outstanding on a borrowed stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  single (Rx)
template <class S, class Token>
    requires async_stream_ref<S>
auto async_single(S&& stream, Token&& token) {
    using item = item_t<S>;
    return detail::async_drive<void(std::exception_ptr, std::optional<item>)>(
        std::forward<S>(stream), detail::single_step<item>(), std::forward<Token>(token));
}

} // namespace streamx
