#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <type_traits>

namespace streamx {

/// The executor of a stream that has none of its own: it runs on its handler's.
struct no_executor {
    friend bool operator==(no_executor, no_executor) = default;
};

namespace detail {
/// What an `async_stream` has, but for that it can be moved: asked of by constructors from any
/// stream, as whether a stream can be moved may depend on these.
template <class S>
concept stream_like = requires(S& s, const S& cs) {
    typename S::value_type;
    typename S::executor_type;
    { s.try_next() } -> std::same_as<poll<typename S::value_type>>;
    { cs.get_executor() } -> std::convertible_to<typename S::executor_type>;
};
} // namespace detail

/// Something you can *try* and something you can *wait* for.
///
/// `try_next()` gives an item, `pending` or `end` and never suspends; when it throws, the stream
/// has failed. `async_wait(token)` completes with `void(error_code)` when `try_next` is worth
/// calling again; it carries no item, so it may be cancelled or abandoned at any moment and nothing
/// is lost, and it may complete although there is still nothing (a spurious wake-up). After `end`
/// or a throw a stream is over and its `try_next` is not called again.
///
/// The concept names types and cheap calls only; `async_wait` is checked where it is used.
template <class S>
concept async_stream = detail::stream_like<S> && std::move_constructible<S>;

/// The type of a stream's items.
template <class S>
using item_t = typename std::remove_cvref_t<S>::value_type;

/// The type of a stream's executor; `no_executor` where it has none.
template <class S>
using executor_t = typename std::remove_cvref_t<S>::executor_type;

/// An `async_stream`, given as an rvalue (to be owned) or as an lvalue (to be borrowed).
template <class S>
concept async_stream_ref =
    async_stream<std::remove_cvref_t<S>> && !std::is_const_v<std::remove_reference_t<S>>;

/// A stream whose items are of this type.
template <class S, class T>
concept async_stream_of = async_stream<S> && std::same_as<item_t<S>, T>;

} // namespace streamx
