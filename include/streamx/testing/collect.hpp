#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/next.hpp>
#include <streamx/core/error.hpp>
#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {

/// What a stream gave from where it was to its end, its failure, or where nothing more came.
template <class T>
struct collected {
    std::vector<T> items;
    bool ended = false;         ///< it came to its end
    bool hung = false;          ///< it is waiting still, for something that does not come
    error_code ec;              ///< of its failure, as `to_error_code` sees it
    std::string what;           ///< of its failure
    std::exception_ptr failure; ///< its failure
};

/// Runs what can be run. (A `virtual_clock` lets time pass as well, until `done()`.)
template <class Done>
void run_until(asio::io_context& ctx, Done) {
    ctx.restart();
    ctx.poll();
}

/// The next item, asked for on `ctx` (here and below an `io_context` or a `virtual_clock`): what
/// `async_next` completed with, if it did.
template <class S, class Context>
completion<std::optional<item_t<S>>> next(Context& ctx, S& stream) {
    using value = std::optional<item_t<S>>;
    asio::cancellation_signal stop;
    completion_probe<value> p;
    p.start([&](auto handler) {
        stream.async_next(asio::bind_cancellation_slot(
            stop.slot(), asio::bind_executor(ctx.get_executor(), std::move(handler))));
    });
    run_until(ctx, [&] { return p.calls() != 0; });
    if (p.calls() != 0)
        return std::move(*p);
    stop.emit(asio::cancellation_type::terminal); // it hangs: leave nothing behind
    run_until(ctx, [&] { return p.calls() != 0; });
    return {};
}

/// Waits on `ctx` until a stream is worth trying; no value if that moment does not come.
template <class S, class Context>
std::optional<error_code> wait(Context& ctx, S& stream) {
    asio::cancellation_signal stop;
    std::optional<error_code> result;
    stream.async_wait(asio::bind_cancellation_slot(
        stop.slot(),
        asio::bind_executor(ctx.get_executor(), [&result](error_code ec) { result = ec; })));
    run_until(ctx, [&] { return result.has_value(); });
    if (result)
        return result;
    stop.emit(asio::cancellation_type::terminal); // it hangs: leave nothing behind
    run_until(ctx, [&] { return result.has_value(); });
    return {};
}

/// Pulls a stream until it ends, fails or hangs, by polling `ctx`. A stream given as an lvalue is
/// borrowed and can be pulled on. It tries and waits by itself, without the driver: one driver less
/// to compile for each stream that is tested.
template <class S, class Context>
    requires async_stream_ref<S>
collected<item_t<S>> collect(Context& ctx, S&& stream) {
    collected<item_t<S>> got;
    try {
        for (;;) {
            if (auto item = streamx::detail::try_next_once(stream)) {
                got.items.push_back(*std::move(item));
                continue;
            } else if (item.is_end()) {
                got.ended = true;
                break;
            }
            const auto ec = wait(ctx, stream);
            if ((got.hung = !ec))
                break;
            if (*ec)
                throw boost::system::system_error(*ec, "wait");
        }
    } catch (...) {
        got.failure = std::current_exception();
        got.ec = to_error_code(got.failure);
        got.what = what_of(got.failure);
    }
    if constexpr (!std::is_lvalue_reference_v<S>) [[maybe_unused]]
        auto dead = std::move(stream);
    return got;
}

/// Asks for the next item, cancels when nothing goes on any more, and says what came of it:
/// `operation_aborted` if the stream keeps its promises and has no item.
template <class S, class Context>
    requires async_stream_ref<S>
error_code next_cancelled(Context& ctx, S&& stream, asio::cancellation_type how) {
    asio::cancellation_signal cancel;
    completion_probe<std::optional<item_t<S>>> p;
    p.start([&](auto handler) {
        stream.async_next(asio::bind_cancellation_slot(
            cancel.slot(), asio::bind_executor(ctx.get_executor(), std::move(handler))));
    });
    run_until(ctx, [&] { return p.calls() != 0; });
    cancel.emit(how);
    run_until(ctx, [&] { return p.calls() != 0; });
    return p->ec;
}

} // namespace streamx::testing
