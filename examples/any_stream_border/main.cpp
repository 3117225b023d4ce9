// A pipeline behind a function that another translation unit defines. any_stream costs an indirect
// call an item; what lies behind the border stays one compiled loop.
//
// Prints:
//   0.5 1.5 2.5 3.5
//   and with another behind it: 0.5 1.5 2.5 3.5 100 101

#include "readings.hpp"

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <iostream>
#include <utility>
#include <vector>

namespace asio = boost::asio;

asio::awaitable<void> show(streamx::any_stream<double> stream) {
    const char* separator = "";
    while (auto item = co_await stream.next())
        std::cout << std::exchange(separator, " ") << *item;
    std::cout << '\n';
}

asio::awaitable<void> run() {
    auto ex = co_await asio::this_coro::executor;
    co_await show(readings(ex));

    // One type, so streams of any make can stand in a container.
    std::vector<streamx::any_stream<double>> all;
    all.push_back(readings(ex));
    all.push_back(streamx::from_range({100.0, 101.0}) | streamx::on(ex));
    std::cout << "and with another behind it: ";
    co_await show(streamx::concat(std::move(all)));
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
