#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/latest_of.hpp>

#include <utility>

namespace streamx {

/// Gives a row of the latest item of each stream whenever one of them gives an item, from when all have
/// given one. Ends when one of them ends: as `zip` does, and `combine_latest` does not.
/// @marble  `-1----2-|`, `--a--b---|`  ->  `zip_latest`  ->  `--(1,a)--(1,b)(2,b)-|`
/// @errors  the first failure of an input, unchanged; the other inputs are released
/// @cancels no input is asked for an item before there is room for its row, so none is lost
/// @cost    one allocation for the set; one item of each stream is held; a copy of each a row
/// @others  zipLatest (Akka)
template <async_stream... Ss>
    requires(sizeof...(Ss) > 0)
[[nodiscard]] auto zip_latest(Ss... streams) {
    return detail::make_latest_of(detail::rows_end::with_any, std::move(streams)...);
}

} // namespace streamx
