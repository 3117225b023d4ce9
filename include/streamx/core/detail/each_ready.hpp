#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>

#include <utility>

namespace streamx::detail {

/// How a run over a stream's ready items came to its end.
enum class halt {
    asked,   ///< who takes the items wants no more
    spent,   ///< as many were pulled as may be in a row
    pending, ///< the stream is
    end      ///< of the stream
};

/// Asks a stream for one item after another.
template <class S, class Take>
halt one_by_one(S& s, Take&& take) {
    for (unsigned left = budget; left != 0; --left) {
        auto item = s.try_next();
        if (!item) [[unlikely]]
            return item.is_end() ? halt::end : halt::pending;
        if (!take(*std::move(item))) [[unlikely]]
            return halt::asked;
    }
    return halt::spent;
}

/// Runs over the items that are ready: `take(item&&)` says whether to go on. The items are pushed
/// through those streams that have an `each_ready` of their own, so that a pipeline compiles to the
/// loop that one would write by hand; others are asked one by one. What is thrown on the way ends the
/// stream, be it thrown by the stream or by `take`. Others run: a run ends after so many items.
template <class S, class Take>
[[gnu::always_inline]] inline halt each_ready(S& s, Take&& take) {
    if constexpr (requires { s.each_ready(take); })
        return s.each_ready(take);
    else
        return one_by_one(s, take);
}

} // namespace streamx::detail
