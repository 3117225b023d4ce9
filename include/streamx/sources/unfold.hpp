#pragma once

#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx {

namespace detail {
template <class>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
} // namespace detail

/// The stream that `unfold` makes.
template <class State, std::invocable<State&> Fn>
class [[nodiscard]] unfold_stream : public detail::ready_source<unfold_stream<State, Fn>> {
    using result = std::remove_cvref_t<std::invoke_result_t<Fn&, State&>>;
    static_assert(
        detail::is_optional<result>,
        "unfold: the function must return a std::optional, empty for the end");

public:
    using value_type = typename result::value_type;

    unfold_stream(State state, Fn fn) : state_(std::move(state)), fn_(std::move(fn)) {}

    poll<value_type> try_next() {
        result item = std::invoke(fn_, state_);
        if (!item)
            return end;
        return *std::move(item);
    }

private:
    State state_;
    [[no_unique_address]] Fn fn_;
};

/// Items made one after the other from a state: `fn(state)` is handed a `State&` to change and
/// returns a `std::optional<T>`, empty for the end.
/// @marble  `unfold(1, s => s < 9 ? (s *= 2) : none)`  ->  `-2-4-8-16-|`
/// @errors  what the function throws fails the stream with that exception
/// @cancels nothing is held, so nothing can be lost
/// @cost    no allocation, no copy; compiles into the loop that drives it
/// @others  unfold (futures), generate (Rx), Source.unfold (Akka)
template <class State, class Fn>
[[nodiscard]] unfold_stream<State, Fn> unfold(State state, Fn fn) {
    return {std::move(state), std::move(fn)};
}

} // namespace streamx
