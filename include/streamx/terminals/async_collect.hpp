#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace streamx {

namespace detail {

template <class T>
struct collect_step {
    bool operator()(T&& item) {
        items.push_back(std::move(item));
        return true;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure), std::move(items));
    }

    std::vector<T> items;
};

} // namespace detail

/// Gathers all items in a vector. On an endless stream put `take(n)` before it.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue.
/// @completes `void(std::exception_ptr, std::vector<value_type>)` on the handler's associated
///            executor, the stream's by default; never inside this call. After a failure the vector
///            holds the items that came before it
/// @errors  what the stream threw; `operation_aborted` when cancelled or the stream destroyed;
///          `errc::operation_in_progress` when another pull is outstanding on a borrowed stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
template <class S, class Token>
    requires async_stream_ref<S>
auto async_collect(S&& stream, Token&& token) {
    using item = item_t<S>;
    return detail::async_drive<void(std::exception_ptr, std::vector<item>)>(
        std::forward<S>(stream), detail::collect_step<item>(), std::forward<Token>(token));
}

} // namespace streamx
