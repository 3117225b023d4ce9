// A coroutine as a source: it sends, suspended while nobody takes. When the consumer has enough and
// lets go of the stream, the coroutine is cancelled.
//
// Prints:
//   0 1 1 2 3 5 8 13 21 34
//   the coroutine was told to stop: yes

#include <streamx/streamx.hpp>

#include "print.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cstdint>
#include <iostream>
#include <utility>

namespace asio = boost::asio;

bool stopped = false;

// [produce]
asio::awaitable<void> fibonacci(streamx::sender<std::int64_t>& out) {
    try {
        for (std::int64_t a = 0, b = 1;; a = std::exchange(b, a + b))
            co_await out.send(a); // at most two ahead of the consumer
    } catch (const boost::system::system_error&) {
        stopped = true; // it ends, or never waits for ever: nobody listens any more
        throw;
    }
}

asio::awaitable<void> run() {
    auto numbers = streamx::produce<std::int64_t>(co_await asio::this_coro::executor, 2, fibonacci);
    print(co_await streamx::async_collect(
        std::move(numbers) | streamx::take(10), asio::use_awaitable));
}
// [/produce]

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
    std::cout << "the coroutine was told to stop: " << (stopped ? "yes" : "no") << '\n';
}
