#pragma once

#include <streamx/channels/detail/job_stream.hpp>
#include <streamx/channels/sender.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace streamx {

/// The stream that `produce` makes: what a coroutine sends.
template <class T, class Fn>
class [[nodiscard]] produce_stream : public detail::job_stream<produce_stream<T, Fn>, T, Fn> {
    using base = detail::job_stream<produce_stream, T, Fn>;
    using job = std::shared_ptr<detail::job<T, Fn>>;
    friend base;

public:
    produce_stream(asio::any_io_executor ex, std::size_t capacity, Fn fn)
        : base(std::move(ex), capacity, std::move(fn)) {}

private:
    static void start(const job& j) {
        asio::co_spawn(
            j->out.get_executor(),
            run(j),
            asio::bind_cancellation_slot(j->cancel.slot(), [j](std::exception_ptr failure) {
                if (failure)
                    j->out.close(failure);
            }));
    }

    static asio::awaitable<void> run(job j) { co_await std::invoke(j->fn, j->out); }
};

/// The items that a coroutine sends: `fn(out)` is handed a `sender<T>&` and returns an
/// `asio::awaitable<void>`. It runs on `ex`, ahead of the consumer by at most `capacity` items,
/// from the first pull on. Its return ends the stream, what it throws fails it. When the stream is
/// destroyed the coroutine is cancelled (terminal), and what it sends then fails with
/// `errc::closed`.
/// @marble  `produce<int>(ex, 1, f)` with `co_await out.send(1); co_await out.send(2);`  ->
///          `-1-2-|`
/// @errors  what the coroutine throws, after the items that it sent before
/// @cancels a wait takes no item; items sent and not yet taken stay for the next pull
/// @cost    a channel and a coroutine; at most `capacity` items buffered
/// @others  create (Rx), Source.queue (Akka)
template <class T, class Fn>
    requires std::invocable<Fn&, sender<T>&>
[[nodiscard]] auto produce(asio::any_io_executor ex, std::size_t capacity, Fn fn) {
    return produce_stream<T, Fn>(std::move(ex), capacity, std::move(fn));
}

namespace detail {
template <class T, class R>
T sent_by(R (*)(sender<T>&));
template <class T, class Fn, class R>
T sent_by(R (Fn::*)(sender<T>&));
template <class T, class Fn, class R>
T sent_by(R (Fn::*)(sender<T>&) const);
} // namespace detail

/// The same where the coroutine's parameter says what it sends: `[](sender<int>& out) ->
/// awaitable<void>`.
template <class Fn>
    requires requires { detail::sent_by(&Fn::operator()); }
[[nodiscard]] auto produce(asio::any_io_executor ex, std::size_t capacity, Fn fn) {
    return produce<decltype(detail::sent_by(&Fn::operator()))>(
        std::move(ex), capacity, std::move(fn));
}

} // namespace streamx
