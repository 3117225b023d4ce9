// A receive that is given up takes no item with it: after a timeout, and when the other of two
// channels was faster, everything that was sent is still there.
//
// Prints:
//   nothing in time
//   and here it is: 7
//   the right one was faster
//   left 1, right 2: nothing was lost

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <iostream>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> with_a_timeout() {
    auto ex = co_await asio::this_coro::executor;
    auto [tx, rx] = streamx::make_channel<int>(ex, 1);
    asio::steady_timer timer(ex, std::chrono::milliseconds(2));

    auto first =
        co_await (rx.async_next(asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
    std::cout << (first.index() == 1 ? "nothing in time\n" : "too early\n");

    co_await tx.send(7);
    auto item = co_await rx.next();
    std::cout << "and here it is: " << *item << '\n';
}

asio::awaitable<void> whichever_is_ready() {
    auto ex = co_await asio::this_coro::executor;
    auto [left_tx, left] = streamx::make_channel<int>(ex, 1);
    auto [right_tx, right] = streamx::make_channel<int>(ex, 1);

    right_tx.try_send(2);
    // Waiting carries no item, so the wait that loses has nothing to lose.
    auto first =
        co_await (left.async_wait(asio::use_awaitable) || right.async_wait(asio::use_awaitable));
    std::cout << "the " << (first.index() == 0 ? "left" : "right") << " one was faster\n";

    left_tx.try_send(1);
    std::cout << "left " << *left.try_next() << ", right " << *right.try_next()
              << ": nothing was lost\n";
}

asio::awaitable<void> run() {
    co_await with_a_timeout();
    co_await whichever_is_ready();
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
