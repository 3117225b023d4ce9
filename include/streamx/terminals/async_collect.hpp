#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/steps.hpp>

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

template <class Container, class T>
concept appendable = requires(Container& c, T&& item) { c.push_back(std::move(item)); };
template <class Container, class T>
concept insertable = requires(Container& c, T&& item) { c.insert(c.end(), std::move(item)); };

/// `Container` with the parameters that it would deduce from a pair of iterators.
template <template <class...> class Container, class T>
using container_of = decltype(Container(std::declval<T*>(), std::declval<T*>()));

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
/// @others  collect (futures), to (ranges), toList (Rx), Sink.seq (Akka)
template <class S, class Token>
    requires async_stream_ref<S>
auto async_collect(S&& stream, Token&& token) {
    using item = item_t<S>;
    return detail::async_drive<void(std::exception_ptr, std::vector<item>)>(
        std::forward<S>(stream), detail::collect_step<item>(), std::forward<Token>(token));
}

/// The same in a container of this type, `async_collect<std::map<int, std::string>>(stream,
/// token)`: by `push_back` where it has one, else by `insert` at its end.
/// @completes `void(std::exception_ptr, Container)`, otherwise as the first form
/// @copydoc async_collect
template <class Container, class S, class Token>
    requires async_stream_ref<S>
auto async_collect(S&& stream, Token&& token) {
    using item = item_t<S>;
    static_assert(
        detail::appendable<Container, item> || detail::insertable<Container, item>,
        "async_collect: this container takes no such items by `push_back` or `insert` at its end");
    return detail::async_result_of(
        std::forward<S>(stream),
        Container(),
        [](Container& items, item&& x) {
            if constexpr (detail::appendable<Container, item>)
                items.push_back(std::move(x));
            else
                items.insert(items.end(), std::move(x));
            return true;
        },
        std::forward<Token>(token));
}

/// The same in a container whose parameters follow from the items, `async_collect<std::set>(stream,
/// token)`; a map from pairs, a `std::basic_string` from characters.
/// @copydoc async_collect
template <template <class...> class Container, class S, class Token>
    requires async_stream_ref<S>
auto async_collect(S&& stream, Token&& token) {
    return async_collect<detail::container_of<Container, item_t<S>>>(
        std::forward<S>(stream), std::forward<Token>(token));
}

} // namespace streamx
