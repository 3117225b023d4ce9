// A stream of numbers, gathered in a vector. The range has no executor of its own: it runs on that
// of the coroutine which waits for it.
//
// Prints:
//   0 1 2 3 4 5 6 7 8 9
//   -2 -1 0 1

#include <streamx/streamx.hpp>

#include "print.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <utility>

namespace asio = boost::asio;

/// The numbers from `start` up to and not including `end`.
template <class Token>
auto async_range(std::int64_t start, std::int64_t end, Token&& token) {
    return streamx::async_collect(streamx::range(start, end), std::forward<Token>(token));
}

asio::awaitable<void> run() {
    print(co_await async_range(0, 10, asio::use_awaitable));
    print(co_await async_range(-2, 2, asio::use_awaitable));
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
