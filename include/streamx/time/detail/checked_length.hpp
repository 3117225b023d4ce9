#pragma once

#include <streamx/time/detail/clock.hpp>

#include <stdexcept>

namespace streamx::detail {

/// A length of time that must not be negative; `message` says whose it is. A negative one is a
/// difference that was taken the wrong way round, and not for an operator to make sense of.
inline clock::duration not_negative(clock::duration length, const char* message) {
    if (length < clock::duration::zero())
        throw std::invalid_argument(message);
    return length;
}

/// The same where 0 has no meaning either: it would give without end, and no time would pass.
inline clock::duration positive(clock::duration length, const char* message) {
    if (length <= clock::duration::zero())
        throw std::invalid_argument(message);
    return length;
}

} // namespace streamx::detail
