#pragma once

#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace streamx {

/// The stream that `repeat_with` makes.
template <std::invocable Fn>
class [[nodiscard]] repeat_with_stream : public detail::ready_source<repeat_with_stream<Fn>> {
    static_assert(
        !std::is_void_v<std::invoke_result_t<Fn&>>, "repeat_with: the function returns nothing");

public:
    using value_type = std::decay_t<std::invoke_result_t<Fn&>>;

    explicit repeat_with_stream(Fn fn) : fn_(std::move(fn)) {}

    poll<value_type> try_next() { return std::invoke(fn_); }

private:
    [[no_unique_address]] Fn fn_;
};

/// What a function returns, called for each item, for ever.
/// @marble  `repeat_with(() => n++)`  ->  `-0-1-2-3-`
/// @errors  what the function throws fails the stream with that exception
/// @cancels nothing is held, so nothing can be lost
/// @cost    no allocation, no copy; compiles into the loop that drives it
/// @others  repeat_with (futures)
template <class Fn>
[[nodiscard]] repeat_with_stream<Fn> repeat_with(Fn fn) {
    return repeat_with_stream<Fn>(std::move(fn));
}

} // namespace streamx
