// All items combined into one value, by a plain function and by a coroutine.
//
// Prints:
//   15
//   120

#include <streamx/streamx.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <functional>
#include <iostream>
#include <utility>
#include <vector>

namespace asio = boost::asio;

/// The sum of the numbers.
template <class Token>
auto async_fold(std::vector<std::int64_t> data, Token&& token) {
    return streamx::async_fold(
        streamx::from_range(std::move(data)),
        std::int64_t(0),
        std::plus<std::int64_t>(),
        std::forward<Token>(token));
}

/// A step that has to wait for something: the next item is pulled when it is done.
asio::awaitable<std::int64_t> multiply(std::int64_t product, std::int64_t n) {
    co_await asio::post(asio::use_awaitable);
    co_return product* n;
}

asio::awaitable<void> run() {
    const std::vector<std::int64_t> data = {1, 2, 3, 4, 5};
    const auto sum = co_await async_fold(data, asio::use_awaitable);
    std::cout << sum << '\n';

    const auto product = co_await streamx::async_fold(
        streamx::from_range(data), std::int64_t(1), multiply, asio::use_awaitable);
    std::cout << product << '\n';
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
