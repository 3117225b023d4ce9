// Items in batches of one size; the last one is what is left.
//
// Prints:
//   0 1 2
//   3 4 5
//   6 7 8
//   9

#include <streamx/streamx.hpp>

#include "print.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace asio = boost::asio;

/// The numbers in vectors of `size`.
template <class Token>
auto async_chunks(std::vector<std::int64_t> data, std::size_t size, Token&& token) {
    return streamx::async_collect(
        streamx::from_range(std::move(data)) | streamx::chunks(size), std::forward<Token>(token));
}

asio::awaitable<void> run() {
    std::vector<std::int64_t> data(10);
    std::iota(data.begin(), data.end(), 0);
    const auto chunks = co_await async_chunks(std::move(data), 3, asio::use_awaitable);
    for (const auto& chunk : chunks)
        print(chunk);
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
