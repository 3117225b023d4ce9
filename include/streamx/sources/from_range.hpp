#pragma once

#include <streamx/core/detail/elements.hpp>
#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <initializer_list>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx {

/// The stream that `from_range` makes.
template <std::ranges::input_range R>
class [[nodiscard]] from_range_stream : public detail::ready_source<from_range_stream<R>> {
public:
    using value_type = std::ranges::range_value_t<R>;

    explicit from_range_stream(R r) : elements_(std::move(r)) {}

    poll<value_type> try_next() { return elements_.try_next(); }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take) {
        return elements_.each_ready(take);
    }

private:
    detail::elements<R> elements_;
};

/// The elements of a range: a container that the stream owns (elements are moved out of it), or a
/// view such as `std::span(c)` of one that outlives it (elements are copied).
/// @marble  `from_range(std::vector{1, 2, 3})`  ->  `-1-2-3-|`
/// @errors  what an iterator throws
/// @cancels an element not yet taken stays in the range
/// @cost    one allocation; nothing buffered beyond the range itself
/// @others  iter (futures), all (ranges), from (Rx), Source.apply (Akka)
template <std::ranges::input_range R>
    requires(!std::is_lvalue_reference_v<R>)
[[nodiscard]] auto from_range(R&& r) {
    return from_range_stream<std::remove_const_t<R>>(std::move(r));
}

/// The same from a copy of a container that is given as an lvalue.
template <std::ranges::input_range R>
    requires std::copy_constructible<R>
[[nodiscard]] auto from_range(const R& r) {
    return from_range_stream<R>(r);
}

/// The same from a list in braces.
template <class T>
[[nodiscard]] auto from_range(std::initializer_list<T> items) {
    return from_range_stream<std::vector<T>>(std::vector<T>(items));
}

} // namespace streamx
