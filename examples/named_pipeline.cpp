// Operators joined before there is a source: the pipeline has a name and goes behind any stream.
//
// Prints:
//   warm in the garden: 20 25
//   warm in the cellar:
//   warm, two at a time: 20+25

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>
#include <vector>

namespace asio = boost::asio;

int to_celsius(int fahrenheit) { return (fahrenheit - 32) * 5 / 9; }
bool is_warm(int celsius) { return celsius >= 20; }

const auto warm = streamx::map(to_celsius) | streamx::filter(is_warm);

void print(const char* where, const std::vector<int>& degrees) {
    std::cout << where << ':';
    for (int d : degrees)
        std::cout << ' ' << d;
    std::cout << '\n';
}

asio::awaitable<void> run() {
    const std::vector garden = {68, 50, 77};
    const std::vector cellar = {50, 52, 51};

    print(
        "warm in the garden",
        co_await streamx::async_collect(streamx::from_range(garden) | warm, asio::use_awaitable));
    print(
        "warm in the cellar",
        co_await streamx::async_collect(streamx::from_range(cellar) | warm, asio::use_awaitable));

    auto pairs = streamx::from_range(garden) | (warm | streamx::chunks(2));
    auto pair = co_await pairs.next();
    std::cout << "warm, two at a time: " << pair->front() << '+' << pair->back() << '\n';
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
