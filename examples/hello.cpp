// A producer that is suspended while the channel is full, and a consumer that pulls through
// operators.
//
// Prints:
//   2..4
//   6..8
//   10..10

// [hello]
#include <streamx/streamx.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> count(streamx::sender<int> out) {
    for (int i = 1; i <= 10; ++i)
        co_await out.send(i); // suspended while the channel is full
} // the last sender is gone: the stream ends

asio::awaitable<void> show(streamx::receiver<int> in) {
    auto pairs =
        std::move(in) | streamx::filter([](int i) { return i % 2 == 0; }) | streamx::chunks(2);
    while (auto pair = co_await pairs.next())
        std::cout << pair->front() << ".." << pair->back() << '\n';
}

int main() {
    asio::io_context context;
    auto [tx, rx] = streamx::make_channel<int>(context.get_executor(), 4);
    asio::co_spawn(context, count(std::move(tx)), asio::detached);
    asio::co_spawn(context, show(std::move(rx)), asio::detached);
    context.run();
}
// [/hello]
