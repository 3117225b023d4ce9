// Two streams become one: in turn while both have items, then the rest of the longer one.
//
// Prints:
//   1 10 2 20 3 4 5

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

/// The numbers of both, as they become ready; neither is starved.
template <class Token>
auto async_merge_streams(
    std::vector<std::int64_t> stream1, std::vector<std::int64_t> stream2, Token&& token) {
    auto merged = streamx::merge(
        streamx::from_range(std::move(stream1)), streamx::from_range(std::move(stream2)));
    return streamx::async_collect(std::move(merged), std::forward<Token>(token));
}

asio::awaitable<void> run() {
    const std::vector<std::int64_t> longer = {1, 2, 3, 4, 5};
    const std::vector<std::int64_t> shorter = {10, 20};
    print(co_await async_merge_streams(longer, shorter, asio::use_awaitable));
}

int main() {
    asio::io_context context;
    asio::co_spawn(context, run(), asio::detached);
    context.run();
}
