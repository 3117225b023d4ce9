// One stream, pulled in three styles: the token at the end of a call says how its result arrives.
// Each call borrows the stream and leaves the rest to the next.
//
// Prints:
//   callback: 1
//   future: 4
//   coroutine: 9
//   deferred: 16
//   the rest: 25 36

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <exception>
#include <iostream>
#include <optional>

namespace asio = boost::asio;

template <class Stream>
asio::awaitable<void> pull(Stream& squares) {
    auto item = co_await squares.next(); // an item that is ready costs no trip through the executor
    std::cout << "coroutine: " << *item << '\n';

    auto operation = squares.async_next(asio::deferred); // nothing has happened yet
    item = co_await std::move(operation)(asio::use_awaitable);
    std::cout << "deferred: " << *item << '\n';

    std::cout << "the rest:";
    for (int rest : co_await streamx::async_collect(squares, asio::use_awaitable))
        std::cout << ' ' << rest;
    std::cout << '\n';
}

int main() {
    asio::io_context context;
    auto squares =
        streamx::range(1, 7) | streamx::map([](int i) { return i * i; }) | streamx::on(context);

    squares.async_next([](std::exception_ptr, std::optional<int> item) {
        std::cout << "callback: " << *item << '\n';
    });
    context.run();

    auto future = squares.async_next(asio::use_future);
    context.restart();
    context.run();
    std::cout << "future: " << *future.get() << '\n';

    asio::co_spawn(context, pull(squares), asio::detached);
    context.restart();
    context.run();
}
