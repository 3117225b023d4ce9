// Requests under a rate limit: three at once, and after that five a second. None is lost, the first does
// not wait, and a time in which nothing was asked for earns no more than three. The clock is virtual, so
// that the program prints the same each time and at once.
//
// Prints:
//   0 ms: GET /0
//   0 ms: GET /1
//   0 ms: GET /2
//   200 ms: GET /3
//   400 ms: GET /4
//   an hour later
//   3600400 ms: GET /5
//   3600400 ms: GET /6
//   3600400 ms: GET /7
//   3600600 ms: GET /8
//   3600800 ms: GET /9
//   a limit of nothing: rate_limit: rate must be at least 1

#include <streamx/streamx.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <stdexcept>

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// The numbers from 0 up to and not including `count`, `rate` a second.
template <class Executor>
auto async_rate_limited(
    const Executor& executor, int count, std::uint64_t rate, std::uint64_t burst = 1) {
    return streamx::range(0, count) | streamx::on(executor) | streamx::rate_limit(rate, burst);
}

asio::awaitable<void> run(streamx::testing::virtual_clock& clock) {
    auto requests = async_rate_limited(co_await asio::this_coro::executor, 10, 5, 3);
    while (auto n = co_await requests.next()) {
        std::cout << std::chrono::duration_cast<std::chrono::milliseconds>(clock.elapsed()).count()
                  << " ms: GET /" << *n << '\n';
        if (*n == 4) {
            co_await streamx::sleep_for(1h);
            std::cout << "an hour later\n";
        }
    }
}

int main() {
    asio::io_context context;
    streamx::testing::virtual_clock clock(context);
    asio::co_spawn(context, run(clock), asio::detached);
    clock.run();

    try {
        [[maybe_unused]] auto none = async_rate_limited(context.get_executor(), 10, 0);
    } catch (const std::invalid_argument& e) {
        std::cout << "a limit of nothing: " << e.what() << '\n';
    }
}
