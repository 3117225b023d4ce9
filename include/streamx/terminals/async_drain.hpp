#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/steps.hpp>

#include <exception>
#include <utility>

namespace streamx {

/// Runs a stream to its end and drops its items: for what its operators do on the way.
///
/// The stream is owned if given as an rvalue, borrowed if given as an lvalue.
/// @completes `void(std::exception_ptr)` on the handler's associated executor, the stream's by
///            default; never inside this call
/// @errors  what the stream threw; `operation_aborted` when cancelled or the stream destroyed;
///          `errc::operation_in_progress` when another pull is outstanding on a borrowed stream
/// @cancels total, partial, terminal, between two items; the rest of a borrowed stream stays in it
/// @threads may be called from any thread if the stream is owned, else from the stream's executor
/// @others  for_each (futures), ignoreElements (Rx), Sink.ignore (Akka)
template <class S, class Token>
    requires async_stream_ref<S>
auto async_drain(S&& stream, Token&& token) {
    return detail::async_drive<void(std::exception_ptr)>(
        std::forward<S>(stream), detail::ignore_step(), std::forward<Token>(token));
}

} // namespace streamx
