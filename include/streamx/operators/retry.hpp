#pragma once

#include <streamx/time/backoff.hpp>
#include <streamx/time/detail/begun_again.hpp>

namespace streamx {

/// Begins a stream again when it has failed, after the waits that the policy asks for, until more than
/// `policy.limit` attempts in a row have failed without an item. The stream is one of `defer`, which
/// makes it anew: `defer(ex, connect) | retry({.initial = 1s, .limit = 5})`.
/// Throws `std::invalid_argument` for a policy that makes no sense.
/// @marble  `defer: -1-x`, then `-2-3|`  ->  `retry({.initial = 2s})`  ->  `-1----2-3|`
/// @errors  the last attempt's, unchanged, when there were too many; `operation_aborted` if the context goes
/// @cancels nothing is held, so nothing can be lost; the wait between two attempts goes on for the
///          next pull
/// @cost    one allocation; nothing buffered; a timer between two attempts
/// @others  retry, retryWhen (Rx), RestartSource.onFailuresWithBackoff (Akka)
[[nodiscard]] inline auto retry(const backoff& policy = {}) {
    return detail::begin_again(policy, detail::again_after::failure);
}

} // namespace streamx
