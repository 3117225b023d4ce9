#pragma once

#include <streamx/time/backoff.hpp>
#include <streamx/time/detail/begun_again.hpp>

namespace streamx {

/// Begins a stream again when it is over, be it by a failure or its end, after the waits that the policy
/// asks for: a source that is to go on whatever happens. It is over itself when more than
/// `policy.limit` attempts in a row have come to nothing. The stream is one of `defer`, which makes it
/// anew: `defer(ex, connect) | restart({.initial = 1s})`.
/// Throws `std::invalid_argument` for a policy that makes no sense.
/// @marble  `defer: -1-x`, then `-2|`, `-3-`  ->  `restart({.initial = 2s})`  ->  `-1----2---3-`
/// @errors  the last attempt's, unchanged, when there were too many and that has failed; `operation_aborted` if the context goes
/// @cancels nothing is held, so nothing can be lost; the wait between two attempts goes on for the
///          next pull
/// @cost    one allocation; nothing buffered; a timer between two attempts
/// @others  repeatWhen (Rx), RestartSource.withBackoff (Akka)
[[nodiscard]] inline auto restart(const backoff& policy = {}) {
    return detail::begin_again(policy, detail::again_after::failure_and_end);
}

} // namespace streamx
