// Each item through a function.
//
// Prints:
//   2 4 6
//   -10 -20 -30

#include <streamx/streamx.hpp>

#include "print.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace asio = boost::asio;

/// Each number times `multiplier`.
template <class Token>
auto async_map(std::vector<std::int64_t> data, std::int64_t multiplier, Token&& token) {
    auto products = streamx::from_range(std::move(data)) |
                    streamx::map([multiplier](std::int64_t n) { return n * multiplier; });
    return streamx::async_collect(std::move(products), std::forward<Token>(token));
}

asio::awaitable<void> run() {
    const std::vector<std::int64_t> data = {1, 2, 3};
    print(co_await async_map(data, 2, asio::use_awaitable));
    print(co_await async_map(data, -10, asio::use_awaitable));
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
