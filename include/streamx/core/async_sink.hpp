#pragma once

#include <streamx/core/asio.hpp>

#include <concepts>
#include <exception>
#include <type_traits>

namespace streamx {

/// The mirror of `async_stream`: something you can *try* to put an item into and *wait* for room
/// in.
///
/// `try_send(item)` takes the item and returns true, or leaves it untouched and returns false.
/// `async_wait(token)` completes with `void(error_code)`: success when `try_send` is worth calling
/// again, `errc::closed` when it will never succeed again. `close()` ends the stream behind the
/// sink, `close(std::exception_ptr)` makes it fail. Destroying a sink ends its part cleanly.
template <class S, class T>
concept async_sink = requires(S& s, T& item, std::exception_ptr error) {
    typename S::executor_type;
    { s.try_send(item) } -> std::same_as<bool>;
    s.close();
    s.close(error);
} && std::move_constructible<S>; // last: asked of what is no sink it could lead back to here

} // namespace streamx
