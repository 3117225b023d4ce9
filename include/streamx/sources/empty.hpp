#pragma once

#include <streamx/core/detail/ready_source.hpp>
#include <streamx/core/poll.hpp>

namespace streamx {

/// The stream that `empty` makes.
template <class T>
class [[nodiscard]] empty_stream : public detail::ready_source<empty_stream<T>> {
public:
    using value_type = T;

    empty_stream() = default;

    poll<T> try_next() { return end; }
};

/// A stream of `T` without any: it ends at once.
/// @marble  `empty<int>()`  ->  `-|`
/// @errors  none
/// @cancels nothing is held, so nothing can be lost
/// @cost    none
/// @others  empty (futures), empty (ranges), empty (Rx), Source.empty (Akka)
template <class T>
[[nodiscard]] empty_stream<T> empty() {
    return {};
}

} // namespace streamx
