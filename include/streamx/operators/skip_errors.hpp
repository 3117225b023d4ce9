#pragma once

#include <streamx/core/itemwise.hpp>
#include <streamx/core/result.hpp>

#include <utility>

namespace streamx {

namespace detail {
struct skipping_errors {
    template <class T>
    auto make(T&& item) {
        static_assert(
            is_value_result<T>,
            "skip_errors: the items of this stream are no streamx::result<T, E>");
        using value = poll<typename T::value_type>;
        return item ? value(*std::move(item)) : value(pending);
    }
};
} // namespace detail

/// The stream that `skip_errors` makes: the values among upstream's results.
template <async_stream Up>
using skip_errors_stream = itemwise_stream<Up, detail::skipping_errors>;

/// Passes on the values of items that are `result`s, and drops the errors. So that they are not
/// lost silently, put `inspect_error` or `divert_errors` before it.
/// @marble  `-1--E--2-|`  ->  `skip_errors()`  ->  `-1-----2-|`
/// @errors  upstream's own failure, unchanged; error items do not end the stream
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  Supervision.Resume (Akka)
[[nodiscard]] inline auto skip_errors() { return itemwise(detail::skipping_errors()); }

} // namespace streamx
