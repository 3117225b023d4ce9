#pragma once

#include <streamx/core/async_sink.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/sending.hpp>
#include <streamx/core/detail/steps.hpp>

#include <exception>
#include <utility>

namespace streamx {

/// Puts all items into a sink, suspended by it while it is full.
///
/// Stream and sink are each owned if given as an rvalue, borrowed if given as an lvalue. An owned
/// sink is closed with the stream's failure, and destroyed when this is done: for a channel's
/// sender that means one sender less. A borrowed one is left open.
/// @completes `void(std::exception_ptr)` when the stream has ended and the sink has its last item,
///            on the handler's associated executor, the stream's by default; never inside this call
/// @errors  what the stream threw; `errc::closed` when the sink takes no more; `operation_aborted`
///          when cancelled, or stream or sink destroyed
/// @cancels total, partial, terminal; an item that was pulled but found no room goes to the sink's
///          `on_undelivered`
/// @threads may be called from any thread if both are owned, else from the stream's executor
/// @others  forward (futures), to (Akka)
template <class S, class Sink, class Token>
    requires async_stream_ref<S> && detail::sink_for<std::remove_cvref_t<Sink>, item_t<S>>
auto forward_to(S&& stream, Sink&& sink, Token&& token) {
    return detail::async_drive<void(std::exception_ptr)>(
        detail::sending_stream<S, Sink>(std::forward<S>(stream), std::forward<Sink>(sink)),
        detail::ignore_step(),
        std::forward<Token>(token));
}

} // namespace streamx
