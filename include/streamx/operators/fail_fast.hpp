#pragma once

#include <streamx/core/itemwise.hpp>
#include <streamx/core/result.hpp>

#include <utility>

namespace streamx {

namespace detail {
struct failing_fast {
    template <class T>
    auto make(T&& item) {
        static_assert(
            is_value_result<T>, "fail_fast: the items of this stream are no streamx::result<T, E>");
        if (!item) [[unlikely]]
            streamx::throw_error(std::move(item).error());
        return poll<typename T::value_type>(*std::move(item));
    }
};
} // namespace detail

/// The stream that `fail_fast` makes: the values among upstream's results, up to the first error.
template <async_stream Up>
using fail_fast_stream = itemwise_stream<Up, detail::failing_fast>;

/// Passes on the values of items that are `result`s; the first error fails the stream. It is thrown
/// by `throw_error`: an `error_code` as a `boost::system::system_error`, an exception as itself.
/// @marble  `-1--E--2-|`  ->  `fail_fast()`  ->  `-1--x`
/// @errors  the first error item, as the exception that it stands for; upstream's own failure
/// @cancels as upstream; nothing is held, so nothing can be lost
/// @cost    no allocation, no copy, nothing buffered; compiles into the loop that drives it
/// @others  try_collect, try_fold (futures), dematerialize (Rx)
[[nodiscard]] inline auto fail_fast() { return itemwise(detail::failing_fast()); }

} // namespace streamx
