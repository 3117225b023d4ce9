#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>

namespace streamx::detail {

/// The next item of upstream that is to be kept, `keep(item&)`. Others run even if all are dropped:
/// after so many in a row it is pending once.
template <class Up, class Keep>
poll<item_t<Up>> next_that(Up& up, Keep keep) {
    auto item = up.try_next();
    for (unsigned left = budget; item && !keep(*item); item = up.try_next())
        if (--left == 0) [[unlikely]]
            return pending;
    return item;
}

} // namespace streamx::detail
